"""What is written about whoever asks for a service goes in time, or when asked for; the figures stay."""

import datetime
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import IntegrityError

from common import erasure, outbox, personal_data
from common.outbox import Message
from common.periods import BERLIN
from common.verbs import NotPossible
from contacts.handover_plan import Plan
from contacts.models.handover import PassedWork
from services import reminders
from services.models import Delivery, Feedback, RequestDetail, RequestEntry, RequestFile, RequestTerms, ServiceRequest
from tests.factories import ContactPersonFactory, ServiceOfferingFactory, ServiceRequestFactory, UserFactory

pytestmark = pytest.mark.django_db

MARKER = "Zyxmarke"
RECEIVED = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=BERLIN)
CLOSED = datetime.datetime(2026, 4, 2, 10, 0, tzinfo=BERLIN)
OVER = datetime.date(2028, 4, 3)  # 24 months later


def dump() -> str:
    """Everything in the database."""
    content = BytesIO()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.cursor.copy_expert(f"COPY {table} TO STDOUT", content)
    return content.getvalue().decode()


ENDINGS: dict[str, Callable[[ServiceRequest], None]] = {
    "completed": lambda request: request.complete(CLOSED, by=None),
    "declined": lambda request: request.decline(f"Zu weit für {MARKER}", CLOSED, by=None),
    "passed_on": lambda request: request.pass_on(f"Frau {MARKER}, Landkreis", CLOSED, by=None),
}


def whole_request(ending: str = "completed", **fields: object) -> ServiceRequest:
    """Closed, with the marker in everything that somebody may write."""
    told = {"requester_name": f"Rosa {MARKER}", "requester_email": "zyxmarke@example.org"}
    told |= {"requester_phone": f"05261 {MARKER}", "requester_body": f"Verein {MARKER}"}
    texts = ("subject", "concern", "cause", "audience", "wished_dates", "place", "existing", "funding")
    told |= {name: f"{name}: {MARKER}" for name in texts}  # no name, which would be found wherever it stands
    request = ServiceRequestFactory.create(**{**told, "head_count": 30, **fields})
    RequestDetail.objects.create(request=request, wording="Wer kommt?", reply=f"Rosa {MARKER}")
    RequestFile.objects.create(
        request=request, name="zz/unbekannt", file_name=f"{MARKER}.pdf", content_type="application/pdf", size=1
    )
    request.submit(RECEIVED)
    request.answer(f"Guten Tag, Rosa {MARKER}", RECEIVED, by=None)
    request.note(f"Rosa {MARKER} anrufen", RECEIVED, by=None)
    request.reply(f"Danke, Rosa {MARKER}", RECEIVED, by=request.account)
    handed_over(request)
    ENDINGS[ending](request)
    Delivery.of(request, CLOSED.date()).save()
    while outbox.deliver_due():
        pass
    Feedback.objects.create(request=request, helped=5, went_well=4, remark=f"Rosa {MARKER}", given_at=CLOSED)
    return request


def handed_over(request: ServiceRequest) -> None:
    """With all that its post has, to somebody else of the office."""
    leaver, successor = ContactPersonFactory.create_batch(2, office=request.office, person__email="amt@example.org")
    request.assign(leaver, RECEIVED, by=None)
    reminders.remind(CLOSED.date())
    plan = Plan(leaver, CLOSED.date(), [], is_leaving=True, rest_to=successor)
    assert plan.save(UserFactory.create()).carry_out(CLOSED.date())
    request.refresh_from_db()
    assert request.assigned_to == successor


def forgotten(request: ServiceRequest, ending: str = "completed") -> None:
    assert MARKER.lower() not in dump().lower()
    request.refresh_from_db()
    assert (request.reference[-4:], request.state, request.head_count) == ("0001", ending, 30)
    assert request.municipality is not None
    assert request.feedback.helped == 5
    assert request.entries.count() == 7
    assert request.deliveries.count() == 1
    assert PassedWork.objects.filter(url=request.get_absolute_url()).exists()
    assert Message.objects.filter(state="sent").exists()
    assert not request.files.exists()
    assert not request.entries.filter(side="requester").exclude(by=None).exists()


def test_nothing_of_whoever_asked_is_left_once_erased() -> None:
    request = whole_request()
    assert dump().count(MARKER) > 20
    [(root, key)] = personal_data.known_by("Zyxmarke@example.org")
    erasure.erase(personal_data.people(root.label, [key]), CLOSED.date())
    forgotten(request)


def test_account_is_erased_with_its_requests() -> None:
    account = UserFactory.create(email="rosa@example.org", name=f"Rosa {MARKER}")
    request = whole_request(account=account)
    ServiceRequestFactory.create(account=account, requester_name=f"Rosa {MARKER}", offering=request.offering)
    erasure.erase(personal_data.people("accounts.User", [account.pk]), CLOSED.date())
    assert not ServiceRequest.objects.filter(state="draft").exists()
    forgotten(request)


def test_open_request_keeps_whoever_asked() -> None:
    request = ServiceRequestFactory.create(requester_email="offen@example.org")
    request.submit(RECEIVED)
    [(root, key)] = personal_data.known_by("offen@example.org")
    with pytest.raises(erasure.StillNeeded, match=request.reference):
        erasure.erase(personal_data.people(root.label, [key]), CLOSED.date())


@pytest.mark.parametrize(("of_office", "of_offering", "months"), [(None, None, 24), (6, None, 6), (6, 12, 12)])
def test_data_stays_for_the_months_of_the_offering_or_else_of_the_office(
    of_office: int | None, of_offering: int | None, months: int
) -> None:
    offering = ServiceOfferingFactory.create(request_months=of_offering)
    if of_office:
        RequestTerms.objects.create(office=offering.office, request_months=of_office)
    request = whole_request(offering=offering)
    year, month = divmod(4 - 1 + months, 12)
    last = datetime.date(2026 + year, month + 1, 2)
    assert not ServiceRequest.objects.to_forget(last)
    assert list(ServiceRequest.objects.to_forget(last + datetime.timedelta(days=1))) == [request]


@pytest.mark.parametrize("ending", ENDINGS)
def test_purge_forgets_whoever_asked_and_keeps_the_figures(ending: str) -> None:
    request = whole_request(ending, account=UserFactory.create())
    open_one = ServiceRequestFactory.create(offering=request.offering, requester_name="Bo Bleibt")
    open_one.submit(RECEIVED)
    Message.objects.update(posted_at=datetime.datetime(2028, 4, 1, tzinfo=BERLIN))  # lately, as mail goes
    erasure.purge(OVER)
    forgotten(request, ending)
    open_one.refresh_from_db()
    assert open_one.requester_name == "Bo Bleibt"
    assert RequestEntry.objects.filter(request=open_one).exists()


# -- What is purged ---------------------------------------------------------------------------------------------------


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_ROOT = tmp_path
    return tmp_path


def with_file(request: ServiceRequest) -> ServiceRequest:
    upload = SimpleUploadedFile("Konzept.pdf", b"%PDF-1.7 leer")
    upload.kind = "pdf"  # type: ignore[attr-defined]
    request.bring([upload])
    return request


def stored(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def test_draft_that_nobody_touched_goes_with_its_file(store: Path) -> None:
    lying, fresh = (with_file(ServiceRequestFactory.create()) for _number in range(2))
    on = datetime.date(2027, 6, 1)
    begun = datetime.datetime(2026, 12, 2, 12, 0, tzinfo=BERLIN)
    ServiceRequest.objects.filter(pk=lying.pk).update(changed_at=begun)
    ServiceRequest.objects.filter(pk=fresh.pk).update(changed_at=begun + datetime.timedelta(days=2))
    done = {kind.what: kind.count for kind in erasure.purge(on)}
    assert list(ServiceRequest.objects.all()) == [fresh]
    assert [path.name for path in stored(store)] == [Path(fresh.files.get().name).name]
    assert done["Dateien von Anfragen"] == 1


def test_file_of_a_forgotten_request_leaves_the_disk_and_is_counted(store: Path) -> None:
    request = with_file(ServiceRequestFactory.create())
    request.submit(RECEIVED)
    request.complete(CLOSED, by=None)
    for kinds in (erasure.due(OVER), erasure.purge(OVER)):
        counts = {kind.what: kind.count for kind in kinds}
        assert (counts["Verzeichnis der Dateien von Anfragen"], counts["Dateien von Anfragen"]) == (1, 1)
    assert stored(store) == []


def test_file_whose_row_is_in_use_stays(store: Path) -> None:
    request = with_file(ServiceRequestFactory.create())
    [files] = [one for one in personal_data.files() if str(one.name) == "Dateien von Anfragen"]
    assert files.named(stored(store)) == stored(store)
    request.discard()
    assert files.named(stored(store)) == []


@pytest.mark.parametrize(
    "verb",
    [
        lambda request: request.reopen(CLOSED, by=None),
        lambda request: request.note("Noch etwas.", CLOSED, by=None),
        lambda request: request.answer("Noch etwas.", CLOSED, by=None),
        lambda request: request.attach([], CLOSED, by=None),
        lambda request: request.correct_requester(CLOSED, by=None, requester_name="Rosa Rathaus"),
        lambda request: Feedback.give(request, CLOSED, helped=1, went_well=1, remark="Rosa"),
    ],
)
def test_forgotten_request_is_not_filled_again(verb: Callable[[ServiceRequest], None]) -> None:
    request = whole_request()
    erasure.purge(OVER)
    request.refresh_from_db()
    with pytest.raises(NotPossible, match="gelöscht"):
        verb(request)
    forgotten(request)


def test_database_refuses_to_fill_a_forgotten_request() -> None:
    request = whole_request()
    erasure.purge(OVER)
    rows = ServiceRequest.objects.filter(pk=request.pk)
    for change in ({"requester_name": "Rosa"}, {"state": "in_progress", "closed_at": None}):
        with pytest.raises(IntegrityError, match="services_servicerequest_forgotten"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match="services_requestentry_forgotten"), transaction.atomic():
        request.entries.create(kind="note", side="office", is_internal=True, at=CLOSED, text="Noch etwas.")
    with pytest.raises(IntegrityError, match="services_requestfile_forgotten"), transaction.atomic():
        RequestFile.objects.create(request=request, name="zz/neu", file_name="neu.pdf", content_type="", size=1)


def test_forgotten_requests_are_looked_at_for_a_week_and_then_no_more() -> None:
    request = whole_request()
    ServiceRequest.objects.filter(pk=request.pk).update(
        requester_name="", requester_email="", account=None, forgotten_at=CLOSED
    )
    requests = ServiceRequest.objects
    assert list(requests.being_forgotten(CLOSED.date() + datetime.timedelta(days=7))) == [request]
    assert not requests.being_forgotten(OVER)
    assert not requests.to_forget(OVER)
