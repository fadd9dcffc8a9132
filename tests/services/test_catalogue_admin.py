"""The catalogue in the administration: an offering with all that belongs to it, and requests to look up."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.periods import today
from contacts.models import Office
from services.models import MeetingEffort, OfferingField, Question, Report, ReportBlock, ServiceOffering
from tests.contacts.admin_pages import filled_in
from tests.factories import (
    ContactPersonFactory,
    DeliveryFactory,
    FeedbackFactory,
    FieldOfActionFactory,
    MeetingFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    TargetGroupFactory,
)

pytestmark = pytest.mark.django_db

LIST = "admin:services_serviceoffering_changelist"


@pytest.fixture
def office() -> Office:
    return OfficeFactory.create()


@pytest.fixture
def offering(office: Office) -> ServiceOffering:
    return ServiceOfferingFactory.create(office=office, title="Übungsleitung im Verein")


@pytest.fixture
def client(office: Office) -> Client:
    client = Client()
    user = OfficeMembershipFactory.create(office=office, role="administrator").user
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def change(offering: ServiceOffering) -> str:
    return reverse("admin:services_serviceoffering_change", args=[offering.pk])


def added(data: dict[str, Any], prefix: str, **values: Any) -> dict[str, Any]:
    """The form with one more row in an inline."""
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    return data | {f"{prefix}-TOTAL_FORMS": number + 1} | {f"{prefix}-{number}-{k}": v for k, v in values.items()}


def test_page_sent_back_unchanged_changes_nothing(client: Client, offering: ServiceOffering) -> None:
    Question.objects.create(offering=offering, wording="Wo?")
    offering.refresh_from_db()
    assert client.post(change(offering), filled_in(client.get(change(offering)))).status_code == 302
    version = offering.version
    offering.refresh_from_db()
    assert offering.version == version


def test_all_that_belongs_to_an_offering_is_added_on_its_page(
    client: Client, office: Office, offering: ServiceOffering
) -> None:
    field, group = FieldOfActionFactory.create(office=office), TargetGroupFactory.create(office=office)
    post, task = ContactPersonFactory.create(office=office), OfficeTaskFactory.create(office=office)
    data = filled_in(client.get(change(offering))) | {"task": task.pk}
    data = added(data, "field_links", field=field.pk)
    data = added(data, "target_group_links", target_group=group.pk)
    data = added(data, "contact_links", post=post.pk, position=1)
    data = added(data, "questions", wording="Wie viele?", kind="number", position=1)
    assert client.post(change(offering), data).status_code == 302
    offering.refresh_from_db()
    found = [offering.fields.get(), offering.target_groups.get(), offering.contacts.get(), offering.task]
    assert found == [field, group, post, task]
    assert offering.questions.get().wording == "Wie viele?"


def test_rows_of_another_office_are_refused(client: Client, offering: ServiceOffering) -> None:
    data = filled_in(client.get(change(offering))) | {"task": OfficeTaskFactory.create().pk}
    data = added(data, "target_group_links", target_group=TargetGroupFactory.create().pk)
    context = client.post(change(offering), data).context
    assert "task" in context["adminform"].form.errors
    groups = next(f for f in context["inline_admin_formsets"] if f.formset.prefix == "target_group_links")
    assert groups.formset.total_error_count() == 1


def test_offerings_of_another_office_are_not_listed(client: Client, offering: ServiceOffering) -> None:
    other = ServiceOfferingFactory.create()
    assert list(client.get(reverse(LIST)).context["cl"].result_list) == [offering]
    assert client.get(change(other)).status_code == 404


def test_offerings_are_found_without_umlauts(client: Client, offering: ServiceOffering) -> None:
    assert list(client.get(reverse(LIST), {"q": "uebungsleitung"}).context["cl"].result_list) == [offering]


def test_several_offerings_end_at_once_after_a_preview(
    client: Client, office: Office, offering: ServiceOffering
) -> None:
    rows = [offering, ServiceOfferingFactory.create(office=office)]
    chosen = {"action": "end_on", "_selected_action": [row.pk for row in rows], "index": "0"}
    day = f"{today():%d.%m.%Y}"
    preview = client.post(reverse(LIST), chosen | {"step": "preview", "last_day": day})
    assert preview.context["is_ready"]
    assert ServiceOffering.objects.filter(period__endswith=None).count() == 2
    carried = chosen | {"step": "carry_out", "last_day": day, "previewed": day, "seen": preview.context["seen"]}
    assert client.post(reverse(LIST), carried).status_code == 302
    assert [row.is_offered(today()) for row in ServiceOffering.objects.all()] == [True, True]
    assert not ServiceOffering.objects.filter(period__endswith=None).exists()


def test_history_of_an_offering_tells_of_its_fields_and_questions(client: Client, offering: ServiceOffering) -> None:
    field = FieldOfActionFactory.create(office=offering.office, name="Gesundheit")
    OfferingField.objects.create(offering=offering, field=field)
    Question.objects.create(offering=offering, wording="Wie groß ist der Raum?")
    address = reverse("admin:services_serviceoffering_history", args=[offering.pk])
    page = client.get(address).content.decode()
    assert "Gesundheit" in page
    assert "Wie groß ist der Raum?" in page


def test_request_is_read_with_its_entries_and_changed_by_nobody(client: Client, offering: ServiceOffering) -> None:
    request = ServiceRequestFactory.create(offering=offering, subject="Vortrag im Mai")
    request.submit(timezone.now())
    address = reverse("admin:services_servicerequest_change", args=[request.pk])
    page = client.get(address).content.decode()
    assert "Vortrag im Mai" in page
    assert request.entries.count() >= 1
    assert 'name="_save"' not in page
    assert client.post(address, {"subject": "Anders"}).status_code == 403
    assert client.post(reverse("admin:services_servicerequest_delete", args=[request.pk])).status_code == 403


def test_request_shows_the_replies_to_the_offerings_questions_to_administrators_of_its_office(
    client: Client, offering: ServiceOffering
) -> None:
    question = Question.objects.create(offering=offering, wording="Wie groß ist der Raum?")
    addresses = []
    for row in (offering, ServiceOfferingFactory.create()):
        request = ServiceRequestFactory.create(offering=row)
        request.tell([(question if row == offering else None, "Wie groß ist der Raum?", "60 Plätze, barrierefrei")])
        request.submit(timezone.now())
        addresses.append(reverse("admin:services_servicerequest_change", args=[request.pk]))
    page = client.get(addresses[0]).content.decode()
    assert "Wie groß ist der Raum?" in page
    assert "60 Plätze, barrierefrei" in page
    assert 'name="details-0-reply"' not in page
    assert client.get(addresses[1]).status_code == 404  # of another office
    assert client.post(addresses[0], {"details-0-reply": "anders"}).status_code == 403


def test_drafts_are_not_looked_up(client: Client, offering: ServiceOffering) -> None:
    draft = ServiceRequestFactory.create(offering=offering)
    assert client.get(reverse("admin:services_servicerequest_change", args=[draft.pk])).status_code == 404
    assert list(client.get(reverse("admin:services_servicerequest_changelist")).context["cl"].result_list) == []


def test_what_was_done_and_said_of_it_is_looked_up_with_its_history(client: Client, office: Office) -> None:
    request = ServiceRequestFactory.create(offering=ServiceOfferingFactory.create(office=office))
    request.submit(timezone.now())
    delivery = DeliveryFactory.create(office=office, hours=Decimal("3.00"))
    effort = MeetingEffort.objects.create(office=office, meeting=MeetingFactory.create(forum__office=office), hours=4)
    feedback = FeedbackFactory.create(request=request, remark="Zu kurz.")
    report = Report.objects.create(office=office, year=2025)
    block = ReportBlock.objects.create(report=report, heading="Ausblick", text="Mehr davon.")
    for row, name, before, after in (
        (delivery, "hours", "3.00", "7.50"),
        (effort, "hours", "4.00", "8.25"),
        (feedback, "remark", "Zu kurz.", "Gut so."),
        (block, "text", "Mehr davon.", "Weniger davon."),
    ):
        setattr(row, name, after)
        row.save()
        shown = report if row is block else row
        page, history = (
            reverse(f"admin:services_{shown._meta.model_name}_{name}", args=[shown.pk])
            for name in ("change", "history")
        )
        assert 'name="_save"' not in client.get(page).content.decode()
        assert client.post(page, {name: before}).status_code == 403
        told = client.get(history).content.decode()
        assert before in told, name
        assert after in told, name
