"""Once a year each contact person is asked by mail whether their entry is right."""

import datetime
import re
from typing import Any

import pytest
from django.utils import timezone

from common import duties, outbox
from common.outbox import Message
from common.periods import ONE_DAY, last_of_month, period, today
from contacts import confirmation
from contacts.merging import Merge
from contacts.models import ContactPerson, Office
from tests.contacts.own_entry import a_post
from tests.factories import AssignmentFactory, ContactPersonFactory, FieldOfActionFactory, MunicipalityFactory

pytestmark = pytest.mark.django_db


def asked() -> list[tuple[int, str]]:
    return sorted(Message.objects.filter(occasion=confirmation.ASK).values_list("about", "version"))


def first_of_next_month(day: datetime.date) -> datetime.date:
    return last_of_month(day) + ONE_DAY


# -- Whom, and when -----------------------------------------------------------------------------------------------


def test_posts_are_asked_in_the_month_that_the_office_chose() -> None:
    post = a_post()
    assert confirmation.ask(today()) == "1 asked, 0 reminded"
    assert asked() == [(post.pk, str(today().year))]


def test_nobody_is_asked_where_the_office_chose_no_month() -> None:
    a_post(month=None)
    confirmation.ask(today())
    assert asked() == []


def test_nobody_is_asked_before_the_month_begins() -> None:
    begin = first_of_next_month(today())
    post = a_post(month=begin.month)
    confirmation.ask(begin - ONE_DAY)
    assert asked() == []
    confirmation.ask(begin)
    assert asked() == [(post.pk, str(begin.year))]


@pytest.mark.parametrize("late", [1, 40, 300])
def test_month_that_began_while_no_worker_ran_is_made_up_for(late: int) -> None:
    post = a_post()
    confirmation.ask(last_of_month(today()) + late * ONE_DAY)
    assert asked() == [(post.pk, str(today().year))]


def test_month_chosen_when_it_was_over_is_meant_for_the_next_year() -> None:
    post = a_post(month=(today().replace(day=1) - ONE_DAY).month)
    confirmation.ask(today())
    assert asked() == []
    confirmation.ask(today() + 366 * ONE_DAY)
    assert [about for about, _version in asked()] == [post.pk]


def test_each_post_is_asked_once_a_year() -> None:
    post = a_post()
    for days in (0, 1, 200, 366, 367):
        confirmation.ask(today().replace(day=1) + days * ONE_DAY)
    assert asked() == [(post.pk, str(today().year)), (post.pk, str(today().year + 1))]


def test_post_that_became_one_with_one_that_was_asked_is_not_asked_again() -> None:
    stays = a_post(person__email="")
    goes = ContactPersonFactory(office=stays.office)
    confirmation.ask(today())
    assert [about for about, _version in asked()] == [goes.pk]

    Merge(stays.person, goes.person).carry_out({})

    assert confirmation.ask(today()) == "0 asked, 0 reminded"
    assert ContactPerson.objects.get().person.email  # so that it could be asked


def test_who_confirmed_within_the_year_is_not_asked() -> None:
    a_post(confirmed_on=today() - 300 * ONE_DAY)
    confirmation.ask(today())
    assert asked() == []


def test_who_confirmed_later_than_the_others_is_asked_when_that_is_a_year_ago() -> None:
    post = a_post(confirmed_on=last_of_month(today()) - 300 * ONE_DAY)
    confirmation.ask(last_of_month(today()) + 60 * ONE_DAY)
    assert asked() == []
    confirmation.ask(last_of_month(today()) + 67 * ONE_DAY)
    assert asked() == [(post.pk, str(today().year))]


def test_who_answered_in_this_month_a_year_ago_is_asked_with_the_others() -> None:
    post = a_post(confirmed_on=last_of_month(today()) - 366 * ONE_DAY)
    confirmation.ask(today().replace(day=1))
    assert asked() == [(post.pk, str(today().year))]


@pytest.mark.parametrize(
    "given",
    [
        {"person__email": ""},
        {"person__email": "Stelle@example.org"},
        {"period": period(today() - 99 * ONE_DAY, today() - ONE_DAY)},
        {"period": period(today() + 40 * ONE_DAY)},
    ],
    ids=["no address", "the office's address", "ended", "not begun"],
)
def test_who_has_no_address_of_their_own_or_no_running_post_is_not_asked(given: dict[str, Any]) -> None:
    a_post(**given)
    confirmation.ask(today())
    assert asked() == []


def test_who_came_after_the_month_has_the_next_one() -> None:
    a_post(period=period(last_of_month(today()) + ONE_DAY))
    confirmation.ask(last_of_month(today()) + 30 * ONE_DAY)
    assert asked() == []


def test_worker_asks_by_itself_in_the_morning(mailoutbox: list[Any]) -> None:
    a_post()
    assert any(line.startswith("contacts.ask: 1 asked") for line in duties.run_due())
    outbox.deliver_due()
    assert [mail.to for mail in mailoutbox] == [["mira.beispiel@example.org"]]


# -- The reminder -------------------------------------------------------------------------------------------------


def delivered_days_ago(days: int) -> None:
    confirmation.ask(today())
    outbox.deliver_due()
    Message.objects.update(sent_at=timezone.now() - days * ONE_DAY)


def test_one_reminder_follows_after_three_weeks(mailoutbox: list[Any]) -> None:
    post = a_post()
    delivered_days_ago(20)
    assert confirmation.ask(today()) == "0 asked, 0 reminded"
    assert confirmation.ask(today() + ONE_DAY) == "0 asked, 1 reminded"
    assert confirmation.ask(today() + 60 * ONE_DAY) == "0 asked, 0 reminded"
    outbox.deliver_due()
    assert asked() == [(post.pk, str(today().year)), (post.pk, f"{today().year}-2")]
    assert mailoutbox[-1].subject == "Erinnerung: Stimmt Ihr Eintrag noch?"
    # It may go out later than that, when no worker ran.
    assert "haben Sie schon einmal gefragt" in mailoutbox[-1].body
    assert "Wochen" not in mailoutbox[-1].body


def test_who_confirmed_is_not_reminded() -> None:
    post = a_post()
    delivered_days_ago(30)
    post.confirm(today())
    assert confirmation.ask(today()) == "0 asked, 0 reminded"


def test_who_wrote_to_the_office_is_not_reminded() -> None:
    post = a_post()
    delivered_days_ago(30)
    post.remarks.create(text="Lage gehört nicht mehr zu mir.", written_at=timezone.now())
    assert confirmation.ask(today()) == "0 asked, 0 reminded"


def test_whom_no_mail_reached_is_not_reminded() -> None:
    a_post()
    delivered_days_ago(30)
    Message.objects.update(state=Message.State.REFUSED)
    assert confirmation.ask(today()) == "0 asked, 0 reminded"


# -- The mail -----------------------------------------------------------------------------------------------------


def mail_of(post: ContactPerson, mailoutbox: list[Any]) -> Any:
    outbox.post(confirmation.ASK, about=post.pk, to=post.pk, version="2026")
    outbox.deliver_due()
    return mailoutbox[-1] if mailoutbox else None


def test_mail_says_in_german_what_is_held_and_has_one_link(mailoutbox: list[Any]) -> None:
    post = a_post(is_phone_published=False, languages=["ar", "tr"], room="1.02")
    town = MunicipalityFactory(name="Dornbach", district=post.office.areas.get().district)
    field = FieldOfActionFactory(office=post.office, name="Sprache")
    AssignmentFactory(contact_person=post, municipality=town)
    AssignmentFactory(contact_person=post, municipality=town, field=field)
    mail = mail_of(post, mailoutbox)
    assert mail.to == ["mira.beispiel@example.org"]
    assert mail.subject == "Stimmt Ihr Eintrag noch?"
    for line in (
        "Name: Mira Beispiel",
        "Funktion: Beratung der Kommunen",
        "Telefon: 05555 100-12 (nicht öffentlich)",
        "E-Mail: mira.beispiel@example.org",
        "Raum: 1.02",
        "Sprachen außer Deutsch: Arabisch, Türkisch",
        "Zuständig für: Dornbach, Dornbach (Sprache)",
    ):
        assert line in mail.body.splitlines()
    assert len(re.findall(r"http://testserver/bestaetigung/", mail.body)) == 1
    [(html, kind)] = mail.alternatives
    assert kind == "text/html"
    assert '<a href="http://testserver/bestaetigung/' in html
    assert mail.reply_to == ["stelle@example.org"]


@pytest.mark.parametrize("change", ["confirm", "end", "no address"])
def test_mail_no_longer_wanted_at_delivery_is_not_sent(change: str, mailoutbox: list[Any]) -> None:
    post = a_post()
    outbox.post(confirmation.ASK, about=post.pk, to=post.pk, version="2026")
    if change == "confirm":
        post.confirm(today())
    elif change == "end":
        ContactPerson.objects.update(period=period(today() - 99 * ONE_DAY, today() - ONE_DAY))
    else:
        post.person.email = ""
        post.person.save()
    outbox.deliver_due()
    assert mailoutbox == []
    assert Message.objects.get().state == "dropped"


def test_queries_do_not_grow_with_the_posts_of_an_office(django_assert_num_queries: Any) -> None:
    post = a_post(confirmed_on=today())
    for _ in range(5):
        ContactPersonFactory(office=post.office, confirmed_on=today())
    with django_assert_num_queries(5):  # the offices; in a transaction whom to ask and to remind
        confirmation.ask(today())


def test_month_is_one_of_twelve() -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="contacts_office_confirmation_month"):
        Office.objects.filter(pk=a_post().office_id).update(confirmation_month=13)
