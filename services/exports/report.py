"""The annual report as an accessible PDF: the same bytes for the same content."""

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import documents
from services import report_text
from services.comparison import Pair
from services.figures import FIELD, NOTHING, OFFERING, POST, QUARTER, TASK, TOWN, Figures, Values
from services.measures import BY_KEY, GROUPS, LABELS, Measure
from services.report_text import Content

TEMPLATE = Path(__file__).with_name("report.typ")
# What fits across a page.
COLUMNS = ("eingegangen", "abgeschlossen", "fristgerecht", "durchfuehrungen", "stunden", "kosten", "teilnehmende")
OF_MEETINGS = ("sitzungen",)
ABOUT = (TOWN, FIELD, TASK, OFFERING, POST, QUARTER)  # in the order of the document
WITH_MEETINGS = (TOWN, FIELD, TASK, QUARTER)
PICTURED = ((TOWN, "eingegangen"), (FIELD, "stunden"))


def pdf(content: Content, *, is_draft: bool = False) -> bytes:
    """In German; of a draft each page says so."""
    with translation.override(settings.LANGUAGE_CODE):
        data = _data(content, gettext("Draft") if is_draft else "")
    return documents.pdf(TEMPLATE, data, datetime.date.fromisoformat(content["as_of"]))


def _data(content: Content, mark: str) -> dict[str, Any]:
    office, year = content["office"], content["year"]
    as_of = datetime.date.fromisoformat(content["as_of"])
    now, before = report_text.figures_of(content), report_text.total_before(content)
    total, years = now.total, [now.period_in_words, str(year - 1)]
    title = gettext("Annual report %(year)d") % {"year": year}
    return {
        "mark": mark,
        "title": f"{title}, {office['name']}",
        "heading": title,
        "office": office["name"],
        "address": [line for line in (office["street"], office["place"], office["phone"], office["email"]) if line],
        "remarks": _remarks(content, now),
        "as_of": gettext("As of %(day)s") % {"day": date_format(as_of, "SHORT_DATE_FORMAT")},
        "date": documents.parts_of(as_of),
        "fonts": [documents.FONT],
        "language": settings.LANGUAGE_CODE[:2],
        "glance": _glance(total, before, years),
        "parts": [
            {"heading": part["heading"], "text": documents.tree(part["text"])}
            for part in content["parts"]
            if part["text"].strip()
        ],
        "pictures": [_picture(content, dimension, BY_KEY[key]) for dimension, key in PICTURED],
        "tables": [_table(content, dimension, total) for dimension in ABOUT],
        "words": {
            "page": gettext("Page {page} of {pages}"),
            "glance": gettext("At a glance"),
            "figures": gettext("Figures in detail"),
            "years": years,
            "together": gettext("together"),
            "note": gettext(
                "Requests count as received when they came, and as completed when they were closed. A meeting of a "
                "forum counts for each of its municipalities and fields of action, in the total once; hours and cost "
                "for it count for a row only where it is the only one. Towns that merged stand under what they are now."
            ),
        },
    }


def _remarks(content: Content, now: Figures) -> list[str]:
    """What must be known before its numbers are read."""
    remarks = [content.get("note", "")]
    if content["office"]["is_invented"]:
        remarks.append(gettext("Invented example: office, people and responsibilities"))
    if now.is_running:
        periods = {"period": now.period_in_words, "period_before": now.span.year_before()}
        remarks.append(gettext("%(period_before)s is counted as a whole; %(period)s is not over yet.") % periods)
    if day := report_text.frozen_before(content):
        frozen = {"period_before": now.span.year_before(), "day": date_format(day, "SHORT_DATE_FORMAT")}
        remarks.append(
            gettext("The numbers of %(period_before)s are those of its report, frozen as of %(day)s.") % frozen
        )
    return [remark for remark in remarks if remark]


def _glance(total: Values, before: Values, years: list[str]) -> dict[str, Any]:
    return {
        "caption": gettext("All figures of the office, beside the year before"),
        "head": [gettext("Figure"), *years, gettext("change")],
        "groups": [
            {
                "title": str(group.title),
                "rows": [
                    [str(m.label), m.shown(total), m.shown(before), m.change(total, before)] for m in group.measures
                ],
            }
            for group in GROUPS
        ],
    }


def _label(dimension: str) -> str:
    return next(str(label) for name, label in LABELS.values() if name == dimension)


def _table(content: Content, dimension: str, total: Values) -> dict[str, Any]:
    measures = [BY_KEY[key] for key in (*COLUMNS, *(OF_MEETINGS if dimension in WITH_MEETINGS else ()))]
    pairs = [
        pair for pair in report_text.pairs_of(content, dimension) if pair.now or _is_named(pair, content, dimension)
    ]
    return {
        "heading": gettext("By %(dimension)s") % {"dimension": _label(dimension)},
        "caption": gettext("Figures of %(year)d by %(dimension)s")
        % {"year": content["year"], "dimension": _label(dimension)},
        "head": [_label(dimension), *(str(measure.label) for measure in measures)],
        "rows": [[pair.name, *(measure.shown(pair.now) for measure in measures)] for pair in pairs],
        "total": [measure.shown(total) for measure in measures],
    }


def _is_named(pair: Pair, content: Content, dimension: str) -> bool:
    """Whether it stands in this year's figures, also with nothing counted."""
    return pair.key != NOTHING and any(row["key"] == pair.key for row in content["figures"]["rows"][dimension])


def _picture(content: Content, dimension: str, measure: Measure) -> dict[str, Any]:
    pairs = report_text.pairs_of(content, dimension)
    longest = max((measure.value(values) or 0 for pair in pairs for values in (pair.now, pair.before)), default=0)

    def bar(values: Values) -> dict[str, Any]:
        share = float((measure.value(values) or 0) / longest) if longest else 0.0
        return {"share": share, "label": measure.shown(values)}

    year = content["year"]
    said = [f"{pair.name}: {measure.shown(pair.now)} ({measure.shown(pair.before)})" for pair in pairs]
    caption = gettext("%(measure)s by %(dimension)s, %(year)d and %(before)d") % {
        "measure": str(measure.label).capitalize(),
        "dimension": _label(dimension),
        "year": year,
        "before": year - 1,
    }
    return {
        "caption": caption,
        "alternative": f"{caption}: {'; '.join(said)}",
        "lines": [{"name": pair.name, "now": bar(pair.now), "before": bar(pair.before)} for pair in pairs],
    }
