"""Leads edit the catalogue on its pages: the offering with its lists, contacts and questions in one form."""

from typing import Any

import pytest
from django.test import Client

from common.periods import today
from contacts.models import Office
from services.models import Question, ServiceOffering
from tests.factories import (
    ContactPersonFactory,
    FieldOfActionFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    ServiceOfferingFactory,
    TargetGroupFactory,
)

pytestmark = pytest.mark.django_db

ROWS = 3


@pytest.fixture
def office() -> Office:
    return OfficeFactory.create(slug="muster")


@pytest.fixture
def lead(client: Client, office: Office) -> Client:
    client.force_login(OfficeMembershipFactory.create(office=office, role="lead").user)
    return client


def sent(page: Any, **changes: Any) -> dict[str, Any]:
    """What a browser would send of the form shown, with some fields typed anew."""
    data: dict[str, Any] = {}
    for form in (page.context["form"], *page.context["questions"]):
        for field in form:
            value = field.value()
            if isinstance(value, (list, tuple)) and field.name != "period":
                data[field.html_name] = [getattr(entry, "pk", entry) for entry in value]
            elif field.name == "period":
                data |= {f"{field.html_name}_{place}": day or "" for place, day in enumerate(value or ["", ""])}
            elif value not in (None, False):
                data[field.html_name] = value
    for field in page.context["questions"].management_form:
        data[field.html_name] = field.value()
    return data | changes


def test_lead_adds_a_service_with_everything_it_needs(lead: Client, office: Office) -> None:
    post = ContactPersonFactory.create(office=office)
    field, group = FieldOfActionFactory.create(office=office), TargetGroupFactory.create(office=office)
    page = lead.get("/leistungen/neu/")
    data = sent(
        page,
        kind="talk",
        title="Fachvortrag",
        contents="- Zahlen",
        fields=[field.pk],
        target_groups=[group.pk],
        contacts=[post.pk],
        recipient="post",
        post=post.pk,
        answer_days="3",
        request_months="12",
        counts_for=field.pk,
        period_1="31.12.2099",
        **{
            "fragen-0-wording": "Wie groß ist der Raum?",
            "fragen-1-wording": "Wann passt es?",
            "fragen-1-kind": "choice",
            "fragen-1-choices": "vormittags\nabends",
            "fragen-1-is_required": "on",
        },
    )
    response = lead.post("/leistungen/neu/", data)
    offering = ServiceOffering.objects.get()
    assert response.status_code == 302
    assert response["Location"] == offering.get_absolute_url()
    assert (offering.office, offering.title, offering.post) == (office, "Fachvortrag", post)
    assert (offering.answer_days, offering.request_months, offering.counts_for) == (3, 12, field)
    assert [*offering.fields.all(), *offering.target_groups.all(), *offering.contacts.all()] == [field, group, post]
    questions = offering.questions.values_list("position", "wording", "kind", "is_required")
    assert list(questions) == [(1, "Wie groß ist der Raum?", "line", False), (2, "Wann passt es?", "choice", True)]


def test_questions_are_changed_added_and_deleted_without_a_script(lead: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office)
    for position, wording in ((1, "Erste?"), (2, "Zweite?")):
        Question.objects.create(offering=offering, position=position, wording=wording)
    address = f"/leistungen/{offering.pk}/bearbeiten/"
    page = lead.get(address)
    assert len(page.context["questions"].forms) == 2 + ROWS
    changes = {"fragen-0-DELETE": "on", "fragen-1-wording": "Zweite, neu?", "fragen-2-wording": "Dritte?"}
    assert lead.post(address, sent(page, **changes)).status_code == 302
    assert [question.wording for question in offering.questions.all()] == ["Zweite, neu?", "Dritte?"]


def test_errors_stand_in_one_summary_and_what_was_typed_stays(lead: Client) -> None:
    page = lead.get("/leistungen/neu/")
    changes = {"title": "", "recipient": "post", "fragen-1-wording": "Was?", "fragen-1-kind": "choice"}
    shown = lead.post("/leistungen/neu/", sent(page, kind="talk", cost="zehn Euro", **changes)).content.decode()
    assert ServiceOffering.objects.count() == 0
    assert shown.count('class="error-summary"') == 1
    assert 'href="#id_title"' in shown
    assert 'href="#id_post"' in shown
    assert 'href="#id_fragen-1-wording"' in shown
    assert "Frage 2" in shown
    assert "Nennen Sie Auswahlmöglichkeiten" in shown
    assert 'value="zehn Euro"' in shown
    assert 'value="Was?"' in shown


def test_second_service_of_the_same_title_is_refused_beside_what_was_typed(lead: Client, office: Office) -> None:
    ServiceOfferingFactory.create(office=office, title="Fachvortrag")
    page = lead.get("/leistungen/neu/")
    shown = lead.post("/leistungen/neu/", sent(page, kind="talk", title="Fachvortrag")).content.decode()
    assert "Die Stelle hat bereits eine Leistung mit diesem Titel." in shown
    assert ServiceOffering.objects.count() == 1


def test_rows_of_another_office_cannot_be_chosen(lead: Client) -> None:
    post, field = ContactPersonFactory.create(), FieldOfActionFactory.create()
    group = TargetGroupFactory.create()
    page = lead.get("/leistungen/neu/")
    foreign = {"post": post.pk, "counts_for": field.pk}
    lists = {"contacts": [post.pk], "fields": [field.pk], "target_groups": [group.pk]}
    form = lead.post("/leistungen/neu/", sent(page, kind="talk", title="X", **foreign, **lists)).context["form"]
    assert set(form.errors) >= {*foreign, *lists}


def test_second_writer_overwrites_nothing(lead: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office, cost="kostenfrei")
    address = f"/leistungen/{offering.pk}/bearbeiten/"
    page = lead.get(address)
    ServiceOffering.objects.update(cost="zehn Euro")
    shown = lead.post(address, sent(page, cost="fünf Euro")).content.decode()
    offering.refresh_from_db()
    assert offering.cost == "zehn Euro"
    assert "zehn Euro" in shown
    assert 'value="fünf Euro"' in shown


def test_who_answers_for_several_offices_says_for_which(client: Client, office: Office) -> None:
    membership = OfficeMembershipFactory.create(office=office, role="lead")
    other = OfficeMembershipFactory.create(user=membership.user, office__slug="anders", role="administrator").office
    OfficeMembershipFactory.create(user=membership.user, office__slug="fremd", role="coordinator")
    client.force_login(membership.user)
    shown = client.get("/leistungen/neu/").content.decode()
    assert 'href="?stelle=muster"' in shown
    assert "fremd" not in shown
    assert client.get("/leistungen/neu/?stelle=fremd").status_code == 404
    page = client.get("/leistungen/neu/?stelle=anders")
    assert client.post("/leistungen/neu/?stelle=anders", sent(page, kind="talk", title="X")).status_code == 302
    assert ServiceOffering.objects.get().office == other


def test_coordinators_and_other_offices_do_not_edit(client: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office)
    for membership in (
        OfficeMembershipFactory.create(office=office, role="coordinator"),
        OfficeMembershipFactory.create(role="lead"),
    ):
        client.force_login(membership.user)
        assert client.get(f"/leistungen/{offering.pk}/bearbeiten/").status_code == 403
        assert "bearbeiten" not in client.get(offering.get_absolute_url()).content.decode()


def test_service_ends_on_the_day_given(lead: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office)
    address = f"/leistungen/{offering.pk}/bearbeiten/"
    data = sent(lead.get(address), period_1=f"{today():%d.%m.%Y}")
    assert lead.post(address, data).status_code == 302
    offering.refresh_from_db()
    assert offering.is_offered(today())
    assert offering.period.upper is not None
