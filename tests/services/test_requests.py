"""A request's way: numbers, who gets it, the clock, which steps are possible, and what is written down of them."""

import datetime
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError

from common import outbox
from common.periods import BERLIN, ONE_DAY, period
from common.verbs import NotPossible
from contacts.models import Absence, Assignment, ContactPerson, Office, OfficeArea
from municipalities.models import Municipality
from services import wording
from services.models import RequestEntry, RequestFile, RequestState, RequestTerms, ServiceOffering, ServiceRequest
from services.models.requests import ASSIGNED, HEARD, TOLD
from services.models.states import BEFORE, OPEN, WAYS
from services.routing import Because
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    OfficeFactory,
    RequestFileFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    UserFactory,
)

MONDAY = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=BERLIN)


@pytest.fixture
def office(db: None) -> Office:
    return OfficeFactory.create(code="BSP")


@pytest.fixture
def town(office: Office) -> Municipality:
    town = MunicipalityFactory.create()
    OfficeArea.objects.create(office=office, district=town.district)
    return town


@pytest.fixture
def responsible(office: Office, town: Municipality) -> ContactPerson:
    post = ContactPersonFactory.create(office=office)
    AssignmentFactory.create(contact_person=post, municipality=town)
    return post


def draft(office: Office, town: Municipality | None, **fields: object) -> ServiceRequest:
    offering = fields.pop("offering", None) or ServiceOfferingFactory.create(office=office)
    return ServiceRequestFactory.create(offering=offering, municipality=town, **fields)


def submitted(
    office: Office, town: Municipality | None, at: datetime.datetime = MONDAY, **fields: object
) -> ServiceRequest:
    request = draft(office, town, **fields)
    request.submit(at)
    return request


# -- Numbers ------------------------------------------------------------------------------------------------------


def test_numbers_count_by_office_and_year_of_berlin(office: Office, town: Municipality) -> None:
    new_year = datetime.datetime(2026, 12, 31, 23, 30, tzinfo=datetime.UTC)  # in Berlin it is the new year already
    references = [submitted(office, town, at).reference for at in (MONDAY, MONDAY, new_year)]
    assert references == ["BSP-2026-0001", "BSP-2026-0002", "BSP-2027-0001"]


def test_submitting_again_changes_nothing(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    request.submit(MONDAY + datetime.timedelta(days=1))
    assert (request.reference, request.submitted_at) == ("BSP-2026-0001", MONDAY)
    assert request.entries.count() == 1


def test_number_is_neither_changed_nor_deleted(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    for change in ({"number": 7}, {"reference": "BSP-2026-0007"}, {"year": 2025}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            ServiceRequest.objects.filter(pk=request.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        ServiceRequest.objects.filter(pk=request.pk)._raw_delete("default")


def refuses(constraint: str, statement: str, *given: object) -> None:
    """That the database refuses what somebody types into a shell."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, given)
    cause: Any = refusal.value.__cause__
    assert cause.diag.constraint_name == constraint


COPY = """
    INSERT INTO services_servicerequest SELECT (jsonb_populate_record(request, %s::jsonb)).*
    FROM services_servicerequest request WHERE id = %s
"""


def test_request_is_not_entered_with_a_number_or_beyond_the_draft(office: Office, town: Municipality) -> None:
    request = draft(office, town)
    fresh = {"id": request.pk + 1, "key": str(uuid.uuid4())}
    binding = {"number": 9, "year": 2026, "reference": "BSP-2026-0009", "submitted_at": str(MONDAY)}
    refuses("services_servicerequest_begins_unsent", COPY, json.dumps({**fresh, "state": "submitted"}), request.pk)
    done = {"state": "completed", "closed_at": str(MONDAY)}
    refuses("services_servicerequest_begins_unsent", COPY, json.dumps(fresh | binding | done), request.pk)
    refuses("services_servicerequest_binding_with_number", COPY, json.dumps(fresh | binding), request.pk)


def test_number_is_given_and_not_brought(office: Office, town: Municipality) -> None:
    request = draft(office, town)
    brought = "UPDATE services_servicerequest SET state = 'submitted', submitted_at = %s, {} WHERE id = %s"
    for column in ("number = 9", "year = 2026", "reference = 'BSP-2026-0009'"):
        refuses("services_servicerequest_number_brought", brought.format(column), MONDAY, request.pk)
    ahead = "UPDATE services_servicerequest SET number = 9, year = 2026, reference = 'BSP-2026-0009' WHERE id = %s"
    refuses("services_servicerequest_binding_with_number", ahead, request.pk)
    request.submit(MONDAY)
    assert request.number == 1


def test_counter_is_neither_set_nor_lowered_nor_deleted(office: Office, town: Municipality) -> None:
    submitted(office, town)
    alone = "services_requestcounter_counts_alone"
    refuses(alone, "INSERT INTO services_requestcounter (office_id, year, last) VALUES (%s, 2020, 1)", office.pk)
    refuses(alone, "UPDATE services_requestcounter SET last = 0")
    refuses(alone, "UPDATE services_requestcounter SET last = last + 5")
    refuses(alone, "DELETE FROM services_requestcounter")
    assert submitted(office, town).number == 2


def test_submission_undone_leaves_no_gap(office: Office, town: Municipality) -> None:
    request = draft(office, town)
    with transaction.atomic():
        request.submit(MONDAY)
        transaction.set_rollback(True)
    assert submitted(office, town).number == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_submissions_leave_no_gap_and_no_double() -> None:
    offering = ServiceOfferingFactory.create()
    keys = [ServiceRequestFactory.create(offering=offering, municipality=None).pk for _number in range(12)]

    def submit(key: int) -> None:
        try:
            ServiceRequest.objects.get(pk=key).submit(MONDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(submit, keys * 2))  # each one twice, as by a double click
    assert sorted(ServiceRequest.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert RequestEntry.objects.count() == 12


def test_form_sent_twice_makes_one_request(office: Office, town: Municipality) -> None:
    first = ServiceRequestFactory.build(offering=ServiceOfferingFactory.create(office=office), municipality=town)
    again = ServiceRequestFactory.build(offering=first.offering, municipality=town, key=first.key)
    assert first.begin(MONDAY) == again.begin(MONDAY)
    assert ServiceRequest.objects.count() == 1


# -- Who gets it --------------------------------------------------------------------------------------------------


def test_request_goes_to_who_is_responsible_for_the_town(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    request = submitted(office, town)
    assert (request.assigned_to, request.assigned_because) == (responsible, Because.TOWN)
    assert request.assigned_via == Assignment.objects.get()
    assert str(responsible.person) in wording.assigned_in_words(request, None)
    assert town.name in wording.assigned_in_words(request, None)


def test_primary_of_the_offerings_field_goes_before_the_general_one(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    field = FieldOfActionFactory.create(office=office)
    special = ContactPersonFactory.create(office=office)
    AssignmentFactory.create(contact_person=special, municipality=town, field=field)
    request = submitted(office, town, offering=ServiceOfferingFactory.create(office=office, counts_for=field))
    assert (request.assigned_to, request.assigned_because) == (special, Because.FIELD)


def test_request_goes_to_the_substitute_while_somebody_is_away(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    substitute = ContactPersonFactory.create(office=office)
    AbsenceFactory.create(contact_person=responsible, substitute=substitute, days=period(MONDAY.date(), MONDAY.date()))
    request = submitted(office, town)
    assert (request.assigned_to, request.assigned_because) == (substitute, Because.STANDS_IN)
    assert request.assigned_instead_of == responsible
    Absence.objects.update(substitute=None)
    request = submitted(office, town)
    assert (request.assigned_to, request.assigned_because) == (None, Because.AWAY)


def test_what_nobody_is_named_for_lies_in_the_inbox(office: Office, town: Municipality) -> None:
    assert submitted(office, town).assigned_because == Because.NOBODY
    assert submitted(office, None).assigned_because == Because.NO_TOWN


def test_offering_may_decide_who_gets_its_requests(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    post = ContactPersonFactory.create(office=office)
    named = ServiceOfferingFactory.create(office=office, recipient=ServiceOffering.Recipient.POST, post=post)
    inbox = ServiceOfferingFactory.create(office=office, recipient=ServiceOffering.Recipient.INBOX)
    assert submitted(office, town, offering=named).assigned_to == post
    assert submitted(office, town, offering=inbox).assigned_because == Because.INBOX


def test_requests_of_an_offering_whose_person_has_left_go_by_the_town(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    gone = ContactPersonFactory.create(office=office, period=period(None, MONDAY.date() - ONE_DAY))
    offering = ServiceOfferingFactory.create(office=office, recipient=ServiceOffering.Recipient.POST, post=gone)
    request = submitted(office, town, offering=offering)
    assert (request.assigned_to, request.assigned_because) == (responsible, Because.LEFT)
    assert wording.assigned_in_words(request, None) == (
        "Die Person, an die Anfragen zu dieser Leistung gehen, hat die Stelle verlassen; "
        f"{responsible.person} ist für {town} zuständig."
    )
    without_town = submitted(office, None, offering=offering)
    assert (without_town.assigned_to, without_town.assigned_because) == (None, Because.LEFT)
    assert "niemand" not in wording.assigned_in_words(without_town, None)
    AbsenceFactory.create(contact_person=responsible, substitute=None, days=period(MONDAY.date(), MONDAY.date()))
    assert submitted(office, town, offering=offering).assigned_because == Because.AWAY


def test_person_of_another_office_is_refused(office: Office, town: Municipality) -> None:
    request, stranger = submitted(office, town), ContactPersonFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        request.assign(stranger, MONDAY, by=None)
    with pytest.raises(IntegrityError, match="services_requestentry_post_of_office"), transaction.atomic():
        request.entries.create(kind="assignment", side="office", is_internal=True, at=MONDAY, post=stranger)


def test_file_belongs_to_an_entry_of_its_own_request(office: Office, town: Municipality) -> None:
    """The entry decides whether the requester reads the file."""
    request, other = submitted(office, town), submitted(office, town)
    note = request.note("Nur für uns.", MONDAY, by=None)
    with pytest.raises(IntegrityError, match="services_requestfile_entry_of_request"), transaction.atomic():
        RequestFileFactory.create(request=other, entry=note)
    file = RequestFileFactory.create(request=request, entry=note)
    with pytest.raises(IntegrityError, match="services_requestfile_entry_of_request"), transaction.atomic():
        RequestFile.objects.filter(pk=file.pk).update(entry=other.entries.first())


# -- The clock ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02", "2026-03-09"),  # Monday: the day itself does not count (§ 187 I BGB)
        ("2026-03-06", "2026-03-13"),  # Friday: the weekend does not count
        ("2026-03-07", "2026-03-13"),  # Saturday: Monday is the first day
        ("2026-04-02", "2026-04-13"),  # Maundy Thursday: Good Friday and Easter Monday are no working days
        ("2026-12-22", "2026-12-30"),  # Christmas Day is closed; Christmas Eve is not
    ],
)
def test_answer_is_due_after_five_working_days(office: Office, town: Municipality, received: str, due: str) -> None:
    at = datetime.datetime.fromisoformat(received).replace(hour=23, minute=30, tzinfo=BERLIN)
    assert submitted(office, town, at).due_on == datetime.date.fromisoformat(due)


def test_offering_may_set_another_target(office: Office, town: Municipality) -> None:
    quick = ServiceOfferingFactory.create(office=office, answer_days=1)
    assert submitted(office, town, offering=quick).due_on == datetime.date(2026, 3, 3)


def test_clock_stands_while_the_requester_is_asked(office: Office, town: Municipality) -> None:
    request = submitted(office, town)  # due on Monday 9 March
    request.ask_back("Wie viele Menschen kommen?", MONDAY + datetime.timedelta(days=2), by=None)  # Wednesday
    assert (request.state, request.due_on, request.days_left) == ("waiting", None, 4)  # Wednesday to Friday, Monday
    assert not request.is_overdue(datetime.date(2026, 6, 1))
    request.reply("Dreißig.", MONDAY + datetime.timedelta(days=14))  # Monday 16 March
    assert (request.state, request.due_on, request.days_left) == ("in_progress", datetime.date(2026, 3, 20), None)


def test_overdue_request_stays_overdue_when_the_requester_is_asked(office: Office, town: Municipality) -> None:
    request = submitted(office, town)  # due on Monday 9 March
    request.ask_back("Wie viele Menschen kommen?", MONDAY + datetime.timedelta(days=14), by=None)
    request.reply("Dreißig.", MONDAY + datetime.timedelta(days=15))
    assert (request.due_on, request.days_left) == (datetime.date(2026, 3, 9), None)
    assert request.is_overdue(datetime.date(2026, 3, 17))
    request.answer("Gern.", MONDAY + datetime.timedelta(days=16), by=None)
    assert (request.was_late, request.days_used) == (True, 10)


@pytest.mark.parametrize(
    ("state", "first", "then"),
    [
        ("submitted", lambda request: None, None),
        ("accepted", lambda request: request.accept(MONDAY, by=None), None),
        ("in_progress", lambda request: request.start(MONDAY, by=None), "arbeitet daran"),
    ],
)
def test_day_is_promised_while_it_is_ahead_and_nothing_was_answered(
    office: Office, town: Municipality, state: str, first: Callable[[ServiceRequest], None], then: str | None
) -> None:
    RequestTerms.objects.create(office=office)
    request = submitted(office, town)
    first(request)
    due = datetime.date(2026, 3, 9)
    assert wording.next_step(request, None, due).endswith("Sie erhalten bis zum 09.03.2026 eine Antwort.")
    late = wording.next_step(request, None, due + ONE_DAY)
    assert late.endswith("Eine Antwort war bis zum 09.03.2026 vorgesehen; sie steht noch aus.")
    request.answer("Gern.", MONDAY, by=None)
    for day in (due, due + ONE_DAY):
        assert "09.03." not in wording.next_step(request, None, day)
        assert (then or "hat Ihnen geantwortet.") in wording.next_step(request, None, day)


def test_no_day_is_promised_where_the_office_never_said_one(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    assert request.due_on == datetime.date(2026, 3, 9)
    for day in (9, 10):
        assert "09.03." not in wording.next_step(request, None, datetime.date(2026, 3, day))


def test_overdue_from_the_day_after_and_not_once_answered(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    due, next_day = datetime.date(2026, 3, 9), datetime.date(2026, 3, 10)
    assert (request.is_overdue(due), request.is_overdue(next_day)) == (False, True)
    assert list(ServiceRequest.objects.overdue(next_day)) == [request]
    assert not ServiceRequest.objects.overdue(due)
    request.answer("Gern.", MONDAY, by=None)
    assert not request.is_overdue(next_day)
    assert not ServiceRequest.objects.overdue(next_day)


# -- Steps --------------------------------------------------------------------------------------------------------


STEPS = [(before, after) for before in RequestState for after in RequestState if before != after]


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_database_allows_the_steps_of_the_table_alone(
    office: Office, before: RequestState, after: RequestState
) -> None:
    whole = {"number": 1, "year": 2026, "reference": "BSP-2026-0001", "submitted_at": MONDAY}
    nothing = {"number": None, "year": None, "reference": "", "submitted_at": None}

    def fields(state: RequestState, *, given: bool = True) -> dict[str, object]:
        is_closed = state not in (*OPEN, *BEFORE)
        return {
            "state": state,
            "closed_at": MONDAY if is_closed else None,
            "scheduled_for": MONDAY,
            "closing_reason": "Zu weit.",
            "passed_on_to": "Landkreis" if state == RequestState.PASSED_ON else "",
        } | (nothing if state in BEFORE else whole if given else {**nothing, "submitted_at": MONDAY})

    request = draft(office, None)
    rows = ServiceRequest.objects.filter(pk=request.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        rows.update(**fields(before))
        cursor.execute("SET session_replication_role = DEFAULT")
    to_come = fields(after, given=before not in BEFORE)
    if after in WAYS[before]:
        rows.update(**to_come)
        assert ServiceRequest.objects.get().state == after
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**to_come)


def test_whole_way_is_written_down_with_who_and_when(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    clerk = UserFactory.create()
    request = submitted(office, town, account=clerk)
    request.accept(MONDAY, by=clerk, text="Ich melde mich.")
    request.note("Im Kalender nachsehen.", MONDAY, by=clerk)
    request.schedule(MONDAY + datetime.timedelta(days=20), MONDAY, by=clerk, place="Rathaus")
    request.complete(MONDAY + datetime.timedelta(days=21), by=clerk)
    said = [(entry.kind, entry.state_after, entry.is_internal) for entry in request.entries.all()]
    assert said == [
        ("state", "submitted", False),
        ("state", "accepted", False),
        ("note", "", True),
        ("state", "scheduled", False),
        ("state", "completed", False),
    ]
    assert all(entry.by == clerk for entry in list(request.entries.all())[1:])
    assert request.closed_at == MONDAY + datetime.timedelta(days=21)
    request.reopen(MONDAY, by=clerk)
    assert (request.state, request.closed_at) == ("in_progress", None)


def test_what_was_scheduled_is_scheduled_again_after_the_reply(office: Office, town: Municipality) -> None:
    request, date = submitted(office, town), MONDAY + datetime.timedelta(days=20)
    request.schedule(date, MONDAY, by=None)
    request.ask_back("Gibt es einen Beamer?", MONDAY, by=None)
    assert request.date_to_keep(MONDAY) == date
    request.reply("Ja.", MONDAY)
    assert (request.state, request.scheduled_for) == ("scheduled", date)
    assert request.entries.last().in_words() == "Der vereinbarte Termin bleibt"  # type: ignore[union-attr]
    request.start(MONDAY, by=None)
    assert (request.date_to_keep(MONDAY), request.date_to_keep(date + ONE_DAY)) == (date, None)
    request.ask_back("Und ein Mikrofon?", MONDAY, by=None)
    request.reply("Nein.", MONDAY)
    assert request.state == "in_progress"  # as before that question


def test_declining_needs_a_reason_and_passing_on_a_body(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    with pytest.raises(NotPossible):
        request.pass_on("  ", MONDAY, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        request.decline("", MONDAY, by=None)
    request.pass_on("Jobcenter Beispielstadt", MONDAY, by=None)
    assert wording.next_step(request, None, MONDAY.date()).startswith("Jobcenter Beispielstadt")


def test_step_that_is_not_possible_says_so(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    request.withdraw(MONDAY)
    with pytest.raises(NotPossible):
        request.accept(MONDAY, by=None)
    assert request.entries.last().state_after == "withdrawn"  # type: ignore[union-attr]


def test_entry_stays_as_it_was_written(office: Office, town: Municipality) -> None:
    request = submitted(office, town)
    entries = RequestEntry.objects.filter(request=request)
    with pytest.raises(IntegrityError), transaction.atomic():
        entries.update(text="Etwas anderes.")
    with pytest.raises(IntegrityError), transaction.atomic():
        entries._raw_delete("default")


def test_mail_is_asked_for_with_each_public_step_and_never_for_a_note(
    office: Office, town: Municipality, responsible: ContactPerson
) -> None:
    request = submitted(office, town)
    asked = outbox.Message.objects.filter(occasion=TOLD, to=request.pk)
    assert asked.count() == 1
    assert outbox.Message.objects.filter(occasion=ASSIGNED, to=responsible.pk).count() == 1
    request.note("Nur für uns.", MONDAY, by=None)
    assert asked.count() == 1
    request.ask_back("Wann passt es?", MONDAY, by=None)
    assert asked.count() == 2
    request.reply("Im Mai.", MONDAY)
    assert outbox.Message.objects.filter(occasion=HEARD, to=responsible.pk).count() == 1
