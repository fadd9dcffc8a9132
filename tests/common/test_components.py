"""The page frame, the components, and the small tags that pages are made of."""

import datetime
import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.db import connection
from django.template import Context, RequestContext, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from common.periods import period
from integration_portal.frame import other_language
from integration_portal.styleguide import FilterForm
from tests.common.html import Document

FRAME = {f"components/{name}.html" for name in ("assets", "header", "footer")}  # around every page, made once


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def guide(client: Client, demo: None, db: None) -> Document:
    return Document(client.get("/styleguide/").content.decode())


def component(name: str, query: str = "", **context: Any) -> Document:
    request = RequestFactory().get(f"/list/{query}")
    request.user = AnonymousUser()
    return Document(render_to_string(f"components/{name}.html", context, request))


def filtered(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


# -- The frame ----------------------------------------------------------------------------------------------------


def test_the_style_guide_is_for_development_and_demonstrations_only(client: Client, db: None) -> None:
    assert client.get("/styleguide/").status_code == 404


def test_the_style_guide_shows_every_component(client: Client, settings: Any, demo: None, db: None) -> None:
    shown = {template.name for template in client.get("/styleguide/").templates}
    components = {f"components/{path.name}" for path in (settings.BASE_DIR / "templates/components").glob("*.html")}
    assert components - FRAME <= shown


def test_a_visitor_costs_no_query_and_gets_no_cookie(client: Client, demo: None, db: None) -> None:
    client.get("/styleguide/")
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/styleguide/")
    assert len(queries) == 0
    assert not response.cookies


def test_the_skip_link_leads_to_the_content(guide: Document) -> None:
    first = guide.all("a")[0]
    assert guide.by_id(first.attrs["href"].removeprefix("#")).tag == "main"


def test_there_is_one_main_heading_and_no_level_is_left_out(guide: Document) -> None:
    levels = [int(element.tag[1]) for element in guide.elements if element.tag in {"h1", "h2", "h3", "h4"}]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_styled_or_scripted_inline(guide: Document) -> None:
    assert not [element for element in guide.elements if "style" in element.attrs or element.tag == "style"]
    assert all("src" in script.attrs for script in guide.all("script"))
    assert not [name for element in guide.elements for name in element.attrs if name.startswith("on")]


def test_the_title_tells_of_errors_first(client: Client, demo: None, db: None) -> None:
    answered = client.get("/en/styleguide/?name=").content.decode()
    assert Document(answered).all("title")[0].text.startswith("Error: ")
    assert not Document(client.get("/en/styleguide/").content.decode()).all("title")[0].text.startswith("Error")


def test_a_demonstration_says_so(client: Client, demo: None, db: None) -> None:
    assert "demo-note" in client.get("/styleguide/").content.decode()


def test_the_other_language_is_the_same_page(client: Client, demo: None, db: None) -> None:
    german = Document(client.get("/styleguide/?seite=2").content.decode())
    english = Document(client.get("/en/styleguide/?seite=2").content.decode())
    assert german.all("a", hreflang="en")[0].attrs["href"] == "/en/styleguide/?seite=2"
    assert english.all("a", hreflang="de")[0].attrs["href"] == "/styleguide/?seite=2"
    assert (german.all("html")[0].attrs["lang"], english.all("html")[0].attrs["lang"]) == ("de", "en")


@pytest.mark.parametrize(
    ("path", "other"),
    [("/", "/en/"), ("/en/", "/"), ("/en", "/"), ("/kommunen/", "/en/kommunen/"), ("/entwurf/", "/en/entwurf/")],
)
def test_english_is_the_same_address_under_en(path: str, other: str) -> None:
    assert other_language(path) == other


@pytest.mark.parametrize("status", [400, 403, 404, 500, "403_csrf"])
def test_error_pages_say_what_to_do_next(status: int | str) -> None:
    """Without a request too: Django gives the pages for 400 and 500 no context."""
    with override("en"):
        page = Document(render_to_string(f"{status}.html"))
    assert page.all("h1")[0].text.strip()
    assert [link for link in page.all("a") if any(parent.tag == "main" for parent in link.parents)]


def test_a_missing_page_is_answered_in_the_frame(client: Client, db: None) -> None:
    response = client.get("/en/nowhere/")
    assert response.status_code == 404
    assert "This page was not found" in response.content.decode()
    assert not response.cookies


# -- Components -----------------------------------------------------------------------------------------------------


def page(number: int = 1, count: int = 480) -> Any:
    return Paginator(range(count), 50).page(number)


def test_pages_keep_filters_and_order() -> None:
    addresses = [
        link.attrs["href"] for link in component("pagination", "?name=la&sortierung=kreis", page=page()).all("a")
    ]
    assert addresses
    assert all("name=la" in address and "sortierung=kreis" in address for address in addresses)


def test_the_first_page_has_none_before_and_the_last_none_after() -> None:
    assert not component("pagination", page=page(1)).all("a", rel="prev")
    assert not component("pagination", page=page(10)).all("a", rel="next")


def test_the_page_shown_is_marked_and_no_link() -> None:
    (current,) = component("pagination", page=page(4)).all("span", **{"aria-current": "page"})
    assert current.text.endswith("4")


def test_one_page_needs_no_pagination() -> None:
    assert not component("pagination", page=page(1, 50)).elements


@pytest.mark.parametrize(("count", "text"), [(0, "0 results"), (1, "1 result"), (480, "480 results (1 to 50)")])
def test_the_result_count_is_a_sentence(count: int, text: str) -> None:
    with override("en"):
        assert " ".join(component("result_count", page=page(1, count)).elements[0].text.split()) == text


def test_filters_stay_closed_on_narrow_screens_until_one_is_used() -> None:
    unused = component("filter_panel", filterset={"form": FilterForm({})})
    used = component("filter_panel", filterset={"form": FilterForm({"text": "Lage"})})
    assert "open" not in unused.all("details")[0].attrs
    assert "open" in used.all("details")[0].attrs


def test_filtering_keeps_the_order_and_begins_at_the_first_page() -> None:
    names = {
        field.attrs["name"]: field.attrs["value"]
        for field in component("filter_panel", "?sortierung=kreis&seite=3", filterset={"form": FilterForm({})}).all(
            "input", type="hidden"
        )
    }
    assert names == {"sortierung": "kreis"}


@pytest.mark.parametrize(
    ("level", "kind"), [("error", "danger"), ("debug", "info"), ("success", "success"), ("", "info")]
)
def test_messages_of_every_level_have_their_alert(level: str, kind: str) -> None:
    (alert, *_) = component("alert", title="Gespeichert", kind=level).elements
    assert alert.attrs["class"] == f"alert alert--{kind}"


def test_a_card_with_an_address_is_one_link() -> None:
    card = component("card", title="Dornbach", url="/kommunen/1/", text="Text")
    assert [link.text for link in card.all("a")] == ["Dornbach"]
    assert not component("card", title="Dornbach").all("a")


def test_an_empty_list_names_the_next_step() -> None:
    empty = component("empty_state", title="Nothing found", url="/kommunen/", link="All municipalities")
    assert [link.attrs["href"] for link in empty.all("a")] == ["/kommunen/"]


def test_facts_without_value_are_left_out() -> None:
    names = [name.text for name in component("description_list", items=[("A", "x"), ("B", ""), ("C", 0)]).all("dt")]
    assert names == ["A", "C"]


def test_the_rows_of_a_table_have_headings() -> None:
    table = component("table", caption="C", columns=["A", "B"], rows=[["a", "b"]])
    assert [(head.attrs["scope"], head.text) for head in table.all("th")] == [("col", "A"), ("col", "B"), ("row", "a")]


def test_the_breadcrumb_begins_at_the_start_page_in_this_language() -> None:
    crumb = component("breadcrumb", label1="Kommunen", url1="/en/kommunen/", LANGUAGE_CODE="en")
    assert [link.attrs["href"] for link in crumb.all("a")] == ["/en/", "/en/kommunen/"]


def test_what_people_typed_is_escaped() -> None:
    assert not component("search", action="/", label="?", value='"><script>').all("script")
    assert not component("alert", title="<script>").all("script")


# -- Tags and filters -------------------------------------------------------------------------------------------------


def sort_header(query: str, used: str) -> Document:
    request = RequestFactory().get(f"/{query}")
    context = RequestContext(request, {"order": SimpleNamespace(key=used)})
    return Document(Template('{% sort_header "Name" "name" "-name" %}').render(context))


def test_a_column_is_sorted_by_its_heading_and_keeps_the_filters() -> None:
    head = sort_header("?text=la&seite=3", "kreis")
    assert head.all("a")[0].attrs["href"] == "?text=la&sortierung=name"
    assert "aria-sort" not in head.all("th")[0].attrs


@pytest.mark.parametrize(
    ("used", "direction", "address"),
    [("name", "ascending", "?sortierung=-name"), ("-name", "descending", "?sortierung=name")],
)
def test_a_sorted_column_says_how_and_turns_round(used: str, direction: str, address: str) -> None:
    head = sort_header("", used)
    assert head.all("th")[0].attrs["aria-sort"] == direction
    assert head.all("a")[0].attrs["href"] == address


def test_days_are_written_by_din_5008_in_both_languages() -> None:
    for language in ("de", "en"):
        with override(language):
            assert filtered("{{ day|day }}", day=datetime.date(2026, 11, 4)) == "04.11.2026"


def test_a_moment_is_shown_as_its_day_in_berlin() -> None:
    moment = datetime.datetime(2026, 11, 24, 23, 30, tzinfo=datetime.UTC)
    assert filtered("{{ moment|day }}", moment=moment) == "25.11.2026"


def test_no_day_is_shown_as_nothing() -> None:
    assert filtered("{{ day|day }}{{ valid|first_day }}{{ valid|last_day }}", day=None, valid=None) == ""


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (datetime.date(2026, 3, 1), datetime.date(2026, 11, 30), "01.03.2026 to 30.11.2026"),
        (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1), "01.03.2026"),
        (datetime.date(2026, 3, 1), None, "from 01.03.2026"),
        (None, datetime.date(2026, 11, 30), "until 30.11.2026"),
        (None, None, "without limit"),
    ],
)
def test_periods_are_told_with_their_last_day(
    first: datetime.date | None, last: datetime.date | None, text: str
) -> None:
    with override("en"):
        assert filtered("{{ valid|period }}", valid=period(first, last)) == text


def test_a_phone_is_a_link_where_it_can_be_dialled() -> None:
    assert filtered('{% tel "05261 123-45" %}') == '<a class="tel" href="tel:+49526112345">05261 123-45</a>'
    assert filtered("{% tel phone %}", phone="<intern>") == "&lt;intern&gt;"
    assert 'href="tel:+491"' in filtered('{% tel "05261 123-45" "+491" %}')
