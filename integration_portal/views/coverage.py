"""Coverage: what is missing at an office, each number beside exactly the rows it counts."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from common import csv
from common.lists import FORMAT
from common.periods import last_day, today
from common.templatetags.portal import day
from contacts.coverage import Gap, gaps, posts_to_look_at, totals, window
from contacts.links import towns_begin
from contacts.models import ContactPerson, Office
from contacts.models.responsibility import days_alone
from contacts.overview import SOON, Overview, work_of
from contacts.rules import standing
from contacts.templatetags.contact_cells import count
from municipalities.models import Municipality

SECTION = "teil"


@dataclass(frozen=True)
class Cell:
    """A value, and where it leads."""

    value: object
    url: str = ""
    text_of_link: str = ""  # for screen readers, where many links read alike

    @property
    def text(self) -> str:
        """The value as pages write it."""
        if isinstance(self.value, datetime.date):
            return day(self.value)
        return count(self.value) if isinstance(self.value, int) else str(self.value)


@dataclass(frozen=True)
class Section:
    """Rows of one kind; `key` is its place on the page and its name in the address."""

    key: str
    title: str
    all_well: str
    columns: list[str]
    rows: list[list[Cell]]
    is_warning: bool = True

    @property
    def labelled(self) -> list[list[tuple[str, Cell]]]:
        """The rows with each cell's column beside it: on narrow screens cells stand below each other."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    def file(self) -> bytes:
        return csv.written(self.columns, ([cell.value for cell in row] for row in self.rows))


@dataclass(frozen=True)
class HandOver:
    """The column that leads to the form which deals out somebody's towns, for those who may."""

    viewer: Any

    def cells(self, post: ContactPerson) -> list[Cell]:
        return [Cell(_("Hand over"), self.url(post), post.person.name)] if self.url(post) else []

    def heading(self, posts: Iterable[ContactPerson]) -> list[str]:
        return [_("Hand over")] if any(self.url(post) for post in posts) else []

    def url(self, post: ContactPerson) -> str:
        """The form's address; "" for those who may not."""
        may = self.viewer.has_perm("contacts.plan_handover", post)
        return reverse("plan_handover", args=[post.pk]) if may else ""


class Coverage(LoginRequiredMixin, TemplateView):
    """One office's coverage; of who works at several offices, and of the operator, first the numbers of each."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("contacts.view_coverage"):
            raise PermissionDenied
        if request.GET.get(FORMAT) == "csv":
            return self.as_file()
        return super().get(request, *args, **kwargs)

    @cached_property
    def offices(self) -> list[Office]:
        """Those one works at; all for the operator."""
        known = standing(self.request.user)
        offices = Office.objects.order_by("sort_key", "pk")
        return list(offices if known.is_superuser else offices.of_offices(known.offices))

    @cached_property
    def office(self) -> Office | None:
        """The office asked for, or the only one that one works at; None where one has to choose."""
        if asked := self.request.GET.get("stelle"):
            found = [office for office in self.offices if office.slug == asked]
            if not found:
                raise Http404
            return found[0]
        has_one = len(self.offices) == 1 and not standing(self.request.user).is_superuser
        return self.offices[0] if has_one else None

    def get_template_names(self) -> list[str]:
        return ["start/coverage.html" if self.office else "start/coverage_of_offices.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        on = today()
        if self.office is None:
            return super().get_context_data(
                today=on, table=offices_table(self.offices, on, self.request.user), **kwargs
            )
        overview, sections = self.sections(self.office)
        return super().get_context_data(
            office=self.office,
            has_choice=len(self.offices) > 1 or standing(self.request.user).is_superuser,
            today=on,
            towns=len(overview.towns),
            inhabitants=sum(town.population or 0 for town in overview.towns),
            sections=sections,
            list_url=f"{reverse('municipality_list')}?stelle={self.office.slug}",
            **kwargs,
        )

    def as_file(self) -> HttpResponse:
        if self.office is None:
            section = offices_table(self.offices, today(), self.request.user)
        else:
            _overview, sections = self.sections(self.office)
            found = [section for section in sections if section.key == self.request.GET.get(SECTION)]
            if not found:
                raise Http404
            section = found[0]
        return HttpResponse(
            section.file(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="abdeckung-{section.key}.csv"'},
        )

    def sections(self, office: Office) -> tuple[Overview, list[Section]]:
        on, viewer = today(), self.request.user
        overview = work_of([office.pk], on, viewer)[office.pk]
        overview.towns = list(office.municipalities(on).order_by("sort_key", "ags"))
        found = gaps([office.pk], window(on), viewer)
        # Towns that begin or end within the year are not among those of today.
        town_of = {town.pk: town for town in overview.towns}
        if missing := {gap.town_id for gap in found} - town_of.keys():
            town_of |= Municipality.objects.in_bulk(missing)
        unconfirmed, incomplete = posts_to_look_at(office.pk, on)
        return overview, [
            *_gap_sections(found, town_of, on),
            _ending(overview, HandOver(viewer)),
            _alone(overview, on),
            _carried(overview, HandOver(viewer)),
            Section(
                "unbestaetigt",
                _("Contacts not confirmed for a year"),
                _("All contacts have been confirmed within a year."),
                [_("Contact person"), _("Confirmed on"), _("As of")],
                [[_person(post), Cell(post.confirmed_on or _("never")), Cell(post.as_of())] for post in unconfirmed],
            ),
            Section(
                "unvollstaendig",
                _("Phone or mail is missing"),
                _("Everybody has phone and mail."),
                [_("Contact person"), _("Missing")],
                [[_person(post), Cell(", ".join(_missing(post)))] for post in incomplete],
            ),
        ]


def _gap_sections(found: list[Gap], town_of: dict[int, Municipality], on: datetime.date) -> Iterable[Section]:
    titles = {
        "today": ("heute", _("Without contact person today"), _("Every town has a contact person today.")),
        "soon": ("bald", _("Gaps that begin within 60 days"), _("No gap begins within 60 days.")),
        "later": ("spaeter", _("Gaps that begin within twelve months"), _("No gap begins later within twelve months.")),
    }
    end = window(on).upper
    for when, (key, title, all_well) in titles.items():
        rows = []
        for gap in (gap for gap in found if gap.when(on) == when):
            town = town_of[gap.town_id]
            last = last_day(gap.days) if gap.days.upper < end else _("open")
            # Gaps are cut to the days looked at, so that those of today do not tell since when they are.
            begins = [] if when == "today" else [Cell(gap.days.lower)]
            rows.append([_town(town), *begins, Cell(last), Cell(town.population or 0)])
        begins_column = [] if when == "today" else [_("From")]
        yield Section(key, title, all_well, [_("Town"), *begins_column, _("Until"), _("Inhabitants")], rows)


def _ending(overview: Overview, hand_over: HandOver) -> Section:
    rows = [
        [
            Cell(entry.last),
            _town(entry.assignment.municipality),
            Cell(entry.assignment.field or "–"),
            _person(entry.assignment.contact_person),
            _person(entry.successor) if entry.successor else Cell(_("nobody follows yet")),
            *hand_over.cells(entry.assignment.contact_person),
        ]
        for entry in overview.ending
    ]
    columns = [_("Last day"), _("Town"), _("Field of action"), _("Contact person"), _("Then")]
    columns += hand_over.heading(entry.assignment.contact_person for entry in overview.ending)
    return Section("endet", _("Ending within 60 days"), _("Nothing ends soon."), columns, rows)


def _alone(overview: Overview, on: datetime.date) -> Section:
    since = days_alone(overview.absences, window(on, SOON))
    rows = [
        [
            _person(absence.contact_person),
            Cell(absence.days_at_post.lower),
            Cell(last_day(absence.days_at_post) or _("open")),
            _person(absence.substitute) if absence.substitute else Cell(_("the office stands in")),
            Cell(since[absence.pk], reverse("absence", args=[absence.pk]), absence.contact_person.person.name),
        ]
        for absence in overview.absences
        if absence.pk in since
    ]
    columns = [_("Contact person"), _("First day"), _("Last day"), _("Substitute"), _("Nobody there from")]
    title = _("Absences within 60 days without a substitute who is there")
    return Section("vertretung", title, _("Somebody stands in for everybody who is away."), columns, rows)


def _carried(overview: Overview, hand_over: HandOver) -> Section:
    rows = []
    for post, assignments in overview.carried.items():
        towns = {row.municipality_id: row.municipality for row in assignments}.values()
        rows.append(
            [
                _person(post),
                Cell(len(towns)),
                Cell(sum(town.population or 0 for town in towns)),
                Cell(", ".join(town.name for town in towns)),
                *hand_over.cells(post),
            ]
        )
    columns = [_("Contact person"), _("Towns"), _("Inhabitants"), _("Which"), *hand_over.heading(overview.carried)]
    title, nobody = _("Towns and inhabitants per person"), _("Nobody is responsible for a town today.")
    return Section("verteilung", title, nobody, columns, rows, is_warning=False)


def _town(town: Municipality) -> Cell:
    return Cell(town.name, f"{towns_begin()}{town.ags}/")


def _person(post: ContactPerson) -> Cell:
    return Cell(post.person.name, post.page_on(today()))


def _missing(post: ContactPerson) -> list[str]:
    missing = [(post.person.phone, _("Phone")), (post.person.email, _("Mail"))]
    return [name for value, name in missing if not value]


def offices_table(offices: list[Office], on: datetime.date, viewer: Any) -> Section:
    """The numbers of each office, each leading to the rows it counts."""
    found = totals([office.pk for office in offices], on, viewer)
    address = reverse("coverage")
    columns = {
        "today": ("heute", _("Without contact person today")),
        "soon": ("bald", _("Gaps that begin within 60 days")),
        "later": ("spaeter", _("Gaps that begin within twelve months")),
        "ending": ("endet", _("Ending within 60 days")),
        "alone": ("vertretung", _("Absences without a substitute who is there")),
        "unconfirmed": ("unbestaetigt", _("Contacts not confirmed for a year")),
        "incomplete": ("unvollstaendig", _("Phone or mail is missing")),
    }
    rows = [
        [
            Cell(office.name, f"{address}?stelle={office.slug}"),
            Cell(found[office.pk].towns),
            Cell(found[office.pk].inhabitants),
            *(
                Cell(getattr(found[office.pk], name), f"{address}?stelle={office.slug}#{key}", office.name)
                for name, (key, _title) in columns.items()
            ),
        ]
        for office in offices
    ]
    headings = [_("Office"), _("Towns"), _("Inhabitants"), *(title for _key, title in columns.values())]
    return Section("stellen", _("Coverage of the offices"), _("No office has been entered yet."), headings, rows)
