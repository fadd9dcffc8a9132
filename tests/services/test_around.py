"""What other parts of the portal do with requests: the start page, the search, hand-overs, mergers and reminders."""

import datetime
import re
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from common import outbox
from common.audit import history_of
from common.periods import ONE_DAY, period, today
from contacts import open_work
from contacts.handover_plan import Plan, Wish
from contacts.merging import Merge
from contacts.models import Assignment, ContactPerson, Handover
from municipalities import dependants
from services import reminders
from services.hand_over import open_requests, pass_on_requests
from services.models import OfferingContact, RequestTerms, ServiceRequest
from services.routing import Because
from tests.factories import (
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    PersonFactory,
    ServiceOfferingFactory,
    UserFactory,
)
from tests.services.office import Setting, signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_queries_compared")]

LONG_AGO = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def setting() -> Setting:
    return Setting()


# -- Start page, search, pages ------------------------------------------------------------------------------------


def test_every_number_of_the_start_page_leads_to_the_rows_it_counts(setting: Setting) -> None:
    setting.request(at=LONG_AGO)
    setting.request(municipality=None).reply("Und?", timezone.now())
    client = signed_in(setting.coordinator)
    [block] = [one for one in client.get("/").context["blocks"] if one.template == "start/request_work.html"]
    assert len(block.context["figures"]) == 5
    for figure in block.context["figures"]:
        assert len(client.get(figure.url).context["rows"]) == figure.count, figure.text


def test_header_leads_everybody_who_is_signed_in_to_the_requests(setting: Setting) -> None:
    for user, address in ((setting.coordinator, "/anfragen/"), (setting.clerk, "/meine-anfragen/")):
        assert f'<a href="{address}">Anfragen</a>' in words(signed_in(user).get("/kommunen/"))
    from django.test import Client

    assert "anfragen/" not in words(Client().get("/kommunen/"))


@pytest.mark.parametrize("text", ["number", "Sondervortrag", "Bauamt"])
def test_search_finds_requests_for_those_who_see_them(setting: Setting, text: str) -> None:
    request = setting.request(subject="Sondervortrag", requester_body="Bauamt")
    asked = request.reference if text == "number" else text
    for user in (setting.coordinator, setting.requester, setting.clerk):
        assert request.get_absolute_url() in words(signed_in(user).get("/suche/", {"q": asked}))
    for user in (setting.neighbour, setting.other_clerk):
        assert request.get_absolute_url() not in words(signed_in(user).get("/suche/", {"q": asked}))


def test_town_and_person_show_open_requests_to_those_who_see_them(setting: Setting) -> None:
    request = setting.request()
    town, person = f"/kommunen/{setting.town.ags}/", setting.post.get_absolute_url()
    assert request.get_absolute_url() in words(signed_in(setting.coordinator).get(town))
    assert request.get_absolute_url() in words(signed_in(setting.clerk).get(town))
    assert request.get_absolute_url() in words(signed_in(setting.coordinator).get(person))
    for address in (town, person):
        assert request.get_absolute_url() not in words(signed_in(setting.other_clerk).get(address))


def test_towns_page_leads_to_all_open_requests_of_the_town(setting: Setting) -> None:
    open_ones = {setting.request(account=setting.clerk) for _number in range(6)}
    setting.request(account=setting.clerk).withdraw(timezone.now())
    setting.request(account=setting.clerk, municipality=None)
    setting.request(account=setting.clerk, municipality=MunicipalityFactory(district=setting.town.district))
    for user in (setting.clerk, setting.coordinator):
        client = signed_in(user)
        shown = client.get(f"/kommunen/{setting.town.ags}/").content.decode()
        [address] = re.findall(r'href="([^"]+)">Alle offenen Anfragen', shown)
        assert set(client.get(unescape(address)).context["rows"]) == open_ones


def test_who_works_elsewhere_too_is_led_to_the_requests_of_their_town_hall(setting: Setting) -> None:
    OfficeMembershipFactory(user=setting.clerk)
    open_ones = {setting.request() for _number in range(6)}
    client = signed_in(setting.clerk)
    shown = client.get(f"/kommunen/{setting.town.ags}/").content.decode()
    [address] = re.findall(r'href="([^"]+)">Alle offenen Anfragen', shown)
    assert set(client.get(unescape(address)).context["rows"]) == open_ones


def test_earlier_hand_overs_are_cut_to_the_numbers_of_requests(setting: Setting) -> None:
    cut = import_module("services.migrations.0013_handed_over_by_number").CUT
    planned, number = handover(setting, rest_to=ContactPersonFactory(office=setting.office)), "BSP-2026-0042"
    for kind, label in (
        ("services.requests", f"{number} Vortrag im Rathaus"),
        ("services.requests", number),
        ("services.offerings", f"{number} als Titel"),
    ):
        planned.passed_work.create(kind=kind, label=label, url="/")
    with connection.cursor() as cursor:
        cursor.execute(cut)
    assert [work.label for work in planned.passed_work.all()] == [number, number, f"{number} als Titel"]


def test_what_older_requests_count_for_stands_in_their_history_too(setting: Setting) -> None:
    filling = import_module("services.migrations.0011_counted_as_received").FILL_HISTORY
    request = setting.request()
    task = OfficeTaskFactory(office=setting.office)
    with connection.cursor() as cursor:  # as rows of before the columns came: filled, and their history is not
        cursor.execute("SET session_replication_role = replica")
        ServiceRequest.objects.update(task=task)
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in filling:
            cursor.execute(statement)
    request.refresh_from_db()
    before = history_of(request)
    request.answer("Gern.", timezone.now(), by=None)
    changes = history_of(request)[: -len(before)]
    assert changes
    assert "Aufgabenschwerpunkt" not in {field.label for change in changes for field in change.fields}
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        ServiceRequest.pgh_event_model.objects.update(task=None)


# -- Hand-over, mergers -------------------------------------------------------------------------------------------


def handover(setting: Setting, *wishes: Wish, rest_to: ContactPerson) -> Handover:
    """All that the post has goes to the rest's receiver, where nothing else is wished, from tomorrow on."""
    wishes = wishes or tuple(Wish(row, rest_to) for row in Assignment.objects.filter(contact_person=setting.post))
    plan = Plan(setting.post, today() + ONE_DAY, list(wishes), is_leaving=True, rest_to=rest_to)
    assert plan.is_possible
    return plan.save(UserFactory(name="Leonie Leitung"))


def test_open_requests_move_along_at_a_hand_over_and_those_of_a_town_with_it(setting: Setting) -> None:
    to_town, rest = ContactPersonFactory.create_batch(2, office=setting.office)
    of_town, without, done = setting.request(), setting.request(municipality=None), setting.request()
    without.assign(setting.post, timezone.now(), by=None)
    done.complete(timezone.now(), by=None)
    planned = handover(setting, Wish(Assignment.objects.get(), to_town), rest_to=rest)

    assert planned.carry_out(today() + ONE_DAY)

    for request, post in ((of_town, to_town), (without, rest)):
        request.refresh_from_db()
        assert (request.assigned_to, request.assigned_because) == (post, Because.HANDED_OVER)
        entry = request.entries.last()
        assert entry is not None
        assert str(entry) == f"Durch Übergabe zugewiesen an {post.person}"
        assert (entry.by_name, entry.is_internal) == ("Leonie Leitung", True)
    done.refresh_from_db()
    assert done.assigned_to == setting.post
    kept = {work.label for work in planned.passed_work.filter(kind="services.requests")}
    assert kept == {of_town.reference, without.reference}  # without what whoever asked wrote


def test_timeline_says_who_was_told_of_a_hand_over(setting: Setting) -> None:
    request, successor = setting.request(), ContactPersonFactory(office=setting.office, person__email="neu@example.org")
    handover(setting, rest_to=successor).carry_out(today() + ONE_DAY)
    mails()
    shown = words(signed_in(setting.coordinator).get(request.get_absolute_url()))
    assert shown.count("E-Mail an neu@example.org") == 1
    assert shown.index("Durch Übergabe zugewiesen") < shown.index("E-Mail an neu@example.org")


def test_hand_over_leaves_what_was_closed_or_taken_by_somebody_else_meanwhile(setting: Setting) -> None:
    colleague, successor = ContactPersonFactory.create_batch(2, office=setting.office)
    closed, taken, stays = (setting.request() for _ in range(3))
    planned = handover(setting, rest_to=successor)
    ids = [thing.pk for thing in open_requests(setting.post)]
    closed.complete(timezone.now(), by=None)
    taken.assign(colleague, timezone.now(), by=None)

    pass_on_requests(ids, successor, planned)

    rows = (closed, taken, stays)
    for row in rows:
        row.refresh_from_db()
    assert [row.assigned_to for row in rows] == [setting.post, colleague, successor]


def test_who_takes_over_is_told_of_all_requests_of_a_hand_over_in_one_mail(setting: Setting) -> None:
    to_town = ContactPersonFactory(office=setting.office, person__email="neu@example.org")
    rest = ContactPersonFactory(office=setting.office, person__email="rest@example.org")
    of_town = [setting.request(subject=subject) for subject in ("Vortrag", "Beratung")]
    without = setting.request(municipality=None, subject="Analyse")
    without.assign(setting.post, timezone.now(), by=None)
    planned = handover(setting, Wish(Assignment.objects.get(), to_town), rest_to=rest)
    mails()

    assert planned.carry_out(today() + ONE_DAY)

    posted = outbox.Message.objects.filter(state="waiting").values_list("occasion", "to", "about")
    assert set(posted) == {("services.handed_over", post.pk, planned.pk) for post in (to_town, rest)}
    first, second = sorted(mails(), key=lambda mail: mail.to)
    assert (first.to, second.to) == (["neu@example.org"], ["rest@example.org"])
    assert first.subject == f"Übergabe durch {setting.post.person.name}: 2 offene Anfragen"
    for request in of_town:
        assert f"- {request.reference}, {request.subject}, {setting.town}" in first.body
        assert f"/anfragen/{request.reference}/" in first.body
    assert without.reference not in first.body
    assert f"- {without.reference}, Analyse\n" in second.body


def test_mail_about_a_hand_over_names_what_one_still_has_and_goes_where_nothing_is_left(setting: Setting) -> None:
    colleague = ContactPersonFactory(office=setting.office)
    successor = ContactPersonFactory(office=setting.office, person__email="neu@example.org")
    stays, passed = setting.request(), setting.request()
    first = handover(setting, rest_to=successor)
    mails()
    first.carry_out(today() + ONE_DAY)
    passed.refresh_from_db()
    passed.assign(colleague, timezone.now(), by=None)
    [mail] = [mail for mail in mails() if "Übergabe" in mail.subject]
    assert stays.reference in mail.body
    assert passed.reference not in mail.body
    message = outbox.Message.objects.get(occasion="services.handed_over")
    stays.refresh_from_db()
    stays.complete(timezone.now(), by=None)
    message.send_again(timezone.now())
    assert not [mail for mail in mails() if "Übergabe" in mail.subject]


def test_who_planned_the_hand_over_is_not_told_what_they_took_over(setting: Setting) -> None:
    successor = setting.post_of(setting.requester)
    setting.request()
    planned = handover(setting, rest_to=successor)
    Handover.objects.filter(pk=planned.pk).update(created_by=setting.requester)
    planned.refresh_from_db()
    planned.carry_out(today() + ONE_DAY)
    assert not outbox.Message.objects.filter(occasion="services.handed_over").exists()


def test_lead_is_told_of_requests_handed_over_to_somebody_without_address(setting: Setting) -> None:
    setting.office.email = ""
    setting.office.save()
    lead = OfficeMembershipFactory(office=setting.office, role="lead").user
    successor = ContactPersonFactory(office=setting.office, person__email="")
    request = setting.request()
    planned = handover(setting, rest_to=successor)
    mails()
    planned.carry_out(today() + ONE_DAY)
    [mail] = mails()
    assert mail.to == [lead.email]
    assert request.reference in mail.body
    assert f"an {successor.person.name} übergegangen" in mail.body


def test_hand_over_takes_the_offerings_along_whose_requests_somebody_gets(setting: Setting) -> None:
    successor = ContactPersonFactory(office=setting.office)
    own = ServiceOfferingFactory(office=setting.office, recipient="post", post=setting.post)
    ServiceOfferingFactory(
        office=setting.office, recipient="post", post=setting.post, period=period(None, today() - ONE_DAY)
    )
    planned = handover(setting, rest_to=successor)
    assert own.pk in [thing.pk for kind in open_work.kinds() for thing in kind.open_of(setting.post)]
    planned.carry_out(today() + ONE_DAY)
    assert [work.label for work in planned.passed_work.filter(kind="services.offerings")] == [str(own)]
    own.refresh_from_db()
    assert own.post == successor
    assert setting.request(offering=own).assigned_to == successor


def test_two_entries_of_one_human_become_one_with_their_requests_and_offerings(setting: Setting) -> None:
    double = ContactPersonFactory(office=setting.office, person=PersonFactory())
    for post in (setting.post, double):
        OfferingContact.objects.create(offering=setting.offering, post=post)
    request = setting.request(municipality=None)
    request.assign(double, timezone.now(), by=None)
    merge = Merge(setting.post.person, double.person)
    assert merge.obstacles() == []
    merge.carry_out({})
    request.refresh_from_db()
    assert request.assigned_to == setting.post
    assert OfferingContact.objects.count() == 1
    assert request.entries.filter(kind="assignment").get().post == setting.post


def test_open_requests_of_a_town_that_ends_are_named(setting: Setting) -> None:
    setting.request()
    setting.request().complete(timezone.now(), by=None)
    said = [text for _town, text in dependants.of([setting.town], today()) if "Anfrage" in text]
    assert said == [f"1 offene Anfrage, {setting.office.name}"]


# -- The reminder -------------------------------------------------------------------------------------------------


def delivered() -> list[Any]:
    sent_mail.outbox.clear()
    while outbox.deliver_due():
        pass
    return [mail for mail in sent_mail.outbox if "überfällig" in mail.subject]


def test_reminder_finds_who_has_the_request_by_now(setting: Setting) -> None:
    successor = ContactPersonFactory(office=setting.office, person__email="neu@example.org")
    request = setting.request(at=LONG_AGO)
    reminders.remind(today())
    request.assign(successor, timezone.now(), by=None)
    assert [mail.to for mail in delivered()] == [["neu@example.org"]]


def test_overdue_request_whose_requester_is_asked_is_reminded_after_the_reply(setting: Setting) -> None:
    request = setting.request(at=LONG_AGO)
    request.ask_back("Wann?", timezone.now(), by=None)
    assert reminders.remind(today()) == "0 reminded"
    request.reply("Im Mai.", timezone.now())
    assert reminders.remind(today()) == "1 reminded"


def test_reminding_costs_the_same_queries_for_many_offices(
    setting: Setting, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def without_anybody() -> None:
        offering = ServiceOfferingFactory()
        OfficeMembershipFactory(office=offering.office, role="lead")
        setting.request(at=LONG_AGO, offering=offering, municipality=None)

    without_anybody()
    with django_assert_num_queries(2 + 2):  # what is late, who leads; a message to the office and one to its lead
        reminders.remind(today())
    for _ in range(3):
        without_anybody()
    with django_assert_num_queries(2 + 3 * 2):
        reminders.remind(today())


# -- Whom mail reaches --------------------------------------------------------------------------------------------


def mails() -> list[Any]:
    sent_mail.outbox.clear()
    while outbox.deliver_due():
        pass
    return sent_mail.outbox


def test_mail_promises_a_day_until_the_answer_and_only_what_the_office_promised(setting: Setting) -> None:
    def told(request: ServiceRequest) -> list[str]:
        return [mail.body for mail in mails() if mail.to == [request.requester_email]]

    request = setting.request()
    assert "Sie erhalten bis zum" not in told(request)[0]
    RequestTerms.objects.create(office=setting.office, answer_days=60)
    request = setting.request()
    due = date_format(request.due_on, "SHORT_DATE_FORMAT")
    assert f"Sie erhalten bis zum {due} eine Antwort." in told(request)[0]
    request.answer("Gern im Mai.", timezone.now(), by=setting.coordinator)
    [body] = told(request)
    assert f"Stand: eingegangen. {setting.post.person} hat Ihnen geantwortet." in body
    assert due not in body


def test_mail_about_the_request_of_somebody_who_left_goes_to_the_office(setting: Setting) -> None:
    setting.office.email = "stelle@example.org"
    setting.office.save()
    request = setting.request()
    Assignment.objects.all().delete()
    ContactPerson.objects.filter(pk=setting.post.pk).update(period=period(None, today() - ONE_DAY))
    request.reply("Wie steht es?", timezone.now())
    assert [mail.subject for mail in mails() if mail.to == ["stelle@example.org"]] == [
        f"[{request.reference}] {subject}: {request.subject}" for subject in ("Neue Anfrage", "Neue Nachricht")
    ]


def without_addresses(setting: Setting) -> None:
    setting.office.email, setting.post.person.email, setting.post.person.user = "", "", None
    setting.office.save()
    setting.post.person.save()


def test_mail_that_reaches_nobody_goes_to_the_accounts_of_leads(setting: Setting) -> None:
    without_addresses(setting)
    first, second = (OfficeMembershipFactory(office=setting.office, role="lead").user for _ in range(2))
    OfficeMembershipFactory(office=setting.office, role="lead", period=period(None, today() - ONE_DAY))
    request = setting.request(at=LONG_AGO)
    reminders.remind(today())
    request.reply("Wie steht es?", timezone.now())
    sent = mails()
    for account in (first, second):
        subjects = [mail.subject.partition("] ")[2] for mail in sent if mail.to == [account.email]]
        assert sorted(subjects) == [
            f"{subject}: {request.subject}" for subject in ("Antwort überfällig", "Neue Anfrage", "Neue Nachricht")
        ]
    shown = words(signed_in(setting.coordinator).get(request.get_absolute_url()))
    assert shown.count(f"E-Mail an {first.email}") == 3  # about each of the entries, and the reminder
    assert "Niemand benachrichtigt" not in shown


def test_timeline_says_where_nobody_could_be_notified(setting: Setting) -> None:
    without_addresses(setting)
    request = setting.request()
    assert "Niemand benachrichtigt" not in words(signed_in(setting.coordinator).get(request.get_absolute_url()))
    mails()
    shown = words(signed_in(setting.coordinator).get(request.get_absolute_url()))
    assert shown.count("Niemand benachrichtigt: keine E-Mail-Adresse hinterlegt.") == 1
    assert "Niemand benachrichtigt" not in words(signed_in(setting.requester).get(request.get_absolute_url()))


def test_who_asked_is_asked_how_it_was_after_the_closing_that_lasts(setting: Setting) -> None:
    request = setting.request(requester_email="gast@example.org")
    moment = timezone.now()
    request.complete(moment, by=None)
    request.reopen(moment, by=None)
    mails()  # the one that asks is dropped: it is open again
    request.complete(moment + datetime.timedelta(minutes=1), by=None)
    request.reopen(moment + datetime.timedelta(minutes=2), by=None)
    request.complete(moment + datetime.timedelta(minutes=3), by=None)
    asking = [mail for mail in mails() if "Wie war es?" in mail.subject]
    assert len(asking) == 1


def test_overdue_request_is_reminded_once_for_each_due_day(setting: Setting) -> None:
    setting.post.person.email = "zustaendig@example.org"
    setting.post.person.save()
    request = setting.request(at=LONG_AGO)
    for _morning in range(2):
        reminders.remind(today())
    [mail] = delivered()
    assert mail.to == ["zustaendig@example.org"]
    assert request.reference in mail.subject
    assert "09.03.2026" in mail.body
    ServiceRequest.objects.filter(pk=request.pk).update(due_on=today() - ONE_DAY)
    reminders.remind(today())
    assert len(delivered()) == 1


def test_overdue_request_that_nobody_has_is_told_to_the_office_and_its_lead(setting: Setting) -> None:
    setting.office.email = "stelle@example.org"
    setting.office.save()
    lead = OfficeMembershipFactory(office=setting.office, role="lead").user
    setting.request(at=LONG_AGO, municipality=None)
    reminders.remind(today())
    assert {mail.to[0] for mail in delivered()} == {"stelle@example.org", lead.email}


def test_nobody_is_reminded_of_what_was_answered_or_waits(setting: Setting) -> None:
    setting.request(at=LONG_AGO).answer("Gern.", timezone.now(), by=None)
    setting.request(at=LONG_AGO).ask_back("Wann?", timezone.now(), by=None)
    setting.request()
    assert reminders.remind(today()) == "0 reminded"
