"""The page behind a mail's link, the same for who is signed in, and what it changes."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from common import erasure, outbox, personal_data
from common.audit import history_of
from common.links import Link
from common.outbox import Message
from common.periods import ONE_DAY, period, today
from contacts import confirmation
from contacts.models import ContactPerson, Office, Person, Remark
from contacts.models.people import CONFIRMATION_LINK
from tests.contacts.own_entry import a_post, sent_by
from tests.factories import AssignmentFactory, MunicipalityFactory, OfficeMembershipFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> ContactPerson:
    return a_post(languages=["ar"])


def link_of(post: ContactPerson, at: datetime.datetime | None = None) -> str:
    token = Link.objects.issue(
        CONFIRMATION_LINK, post.pk, at=at or timezone.now(), valid_for=confirmation.LINK_VALID_FOR
    )
    return f"/bestaetigung/{token}/"


def press(client: Client, path: str, **typed: Any) -> Any:
    """Send the page's form as it stands, with what is typed; nothing is typed where the entry is right."""
    return client.post(path, sent_by(client, path) | typed)


def correction(client: Client, path: str, **typed: Any) -> dict[str, Any]:
    """What the form for corrections would send."""
    form = client.get(f"{path}aendern/").context["form"]
    data: dict[str, Any] = sent_by(client, f"{path}aendern/")
    for part in form.parts:
        for field in part.visible_fields():
            if (value := field.value()) not in (None, False):
                data[field.html_name] = "on" if value is True else value
    return data | typed


def stored(post: ContactPerson) -> ContactPerson:
    return ContactPerson.objects.select_related("person").get(pk=post.pk)


def main(response: Any) -> str:
    """The page without its head and header, which name the address."""
    return response.content.decode().split("<main", 1)[1].split("</main>")[0]


# -- A link shows, a button acts ----------------------------------------------------------------------------------


def test_opening_the_link_shows_the_entry_and_changes_nothing(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    before = Link.objects.values().get(), Person.objects.values().get(), ContactPerson.objects.values().get()
    for visit in (client.get, client.head, client.get):
        response = visit(path)
        assert response.status_code == 200
    assert "Mira Beispiel" in main(response)
    assert "05555 100-12" in main(response)
    assert (Link.objects.values().get(), Person.objects.values().get(), ContactPerson.objects.values().get()) == before


def test_button_confirms_as_of_today(client: Client, post: ContactPerson) -> None:
    response = press(client, link_of(post))
    assert response.url == "/bestaetigung/danke/"
    assert client.get(response.url).status_code == 200
    assert stored(post).confirmed_on == today()
    assert stored(post).as_of() == today()


def test_answer_is_on_record_as_the_persons(client: Client, post: ContactPerson) -> None:
    press(client, link_of(post))
    change = history_of(stored(post))[0]
    assert (change.actor, [field.label for field in change.fields]) == ("Mira Beispiel, per Link", ["Bestätigt am"])


def test_what_was_changed_since_the_page_was_shown_is_shown_before_it_is_confirmed(
    client: Client, post: ContactPerson
) -> None:
    path = link_of(post)
    sent = sent_by(client, path)
    town = MunicipalityFactory(name="Dornbach", district=post.office.areas.get().district)
    AssignmentFactory(contact_person=post, municipality=town)
    response = client.post(path, sent)
    assert response.status_code == 200
    assert "Der Eintrag wurde inzwischen geändert" in main(response)
    assert "Dornbach" in main(response)
    assert stored(post).confirmed_on is None
    assert press(client, path).status_code == 302


@contextmanager
def deleted_at_the_last_moment(post: ContactPerson) -> Iterator[None]:
    """The post goes, as in a merge, after the page has found it and before it has locked it."""
    is_gone = False

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal is_gone
        if "FOR NO KEY UPDATE" in sql and not is_gone:
            is_gone = True
            ContactPerson.objects.filter(pk=post.pk).delete()
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield
    assert is_gone


@pytest.mark.parametrize("page", ["", "aendern/"])
def test_post_that_goes_while_its_link_is_answered_ends_the_link(
    client: Client, post: ContactPerson, page: str
) -> None:
    path = link_of(post)
    with deleted_at_the_last_moment(post):
        response = client.post(f"{path}{page}", {"seen": "x"})
    assert response.status_code == 404
    assert main(response) == main(client.get("/bestaetigung/erfunden/"))
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_empty_post_of_a_machine_confirms_nothing(client: Client, post: ContactPerson) -> None:
    assert client.post(link_of(post)).status_code == 200
    assert stored(post).confirmed_on is None


# -- Links that are over ------------------------------------------------------------------------------------------


def used(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    press(client, path)
    return path


def expired(client: Client, post: ContactPerson) -> str:
    return link_of(post, at=timezone.now() - confirmation.LINK_VALID_FOR)


def revoked(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    Link.objects.revoke(CONFIRMATION_LINK, post.pk, timezone.now())
    return path


def replaced(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    link_of(post)
    return path


def altered(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    return path[:-2] + ("A" if path[-2] != "A" else "B") + "/"


def invented(client: Client, post: ContactPerson) -> str:
    return "/bestaetigung/erfunden/"


def for_something_else(client: Client, post: ContactPerson) -> str:
    return f"/bestaetigung/{Link.objects.issue('password', post.pk, at=timezone.now(), valid_for=ONE_DAY)}/"


def post_ended(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    ContactPerson.objects.update(period=period(today() - 9 * ONE_DAY, today() - ONE_DAY))
    return path


def address_changed(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    Person.objects.filter(pk=post.person_id).update(email="andere@example.org")
    return path


def moved_to_another_entry(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    ContactPerson.objects.update(person=PersonFactory(email="andere@example.org"))
    return path


def confirmed_otherwise(client: Client, post: ContactPerson) -> str:
    path = link_of(post)
    post.confirm(today())
    return path


OVER = [
    used,
    expired,
    revoked,
    replaced,
    altered,
    invented,
    for_something_else,
    post_ended,
    address_changed,
    moved_to_another_entry,
    confirmed_otherwise,
]


@pytest.mark.parametrize("over", OVER)
def test_link_that_is_over_says_what_to_do_and_reveals_nothing(client: Client, post: ContactPerson, over: Any) -> None:
    path = over(client, post)
    before = ContactPerson.objects.values().get()
    expected = main(client.get("/bestaetigung/erfunden/"))
    assert "Was Sie tun können" in expected
    for address in (path, f"{path}aendern/"):
        for response in (client.get(address), client.post(address, {"seen": "x", "person-phone": "1"})):
            assert response.status_code == 404
            assert main(response) == expected
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "no-store" in response.headers["Cache-Control"]
    assert ContactPerson.objects.values().get() == before


def test_link_stays_open_when_something_else_of_the_person_changes(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    Person.objects.update(phone="05555 100-99")
    ContactPerson.objects.update(room="2.02")
    assert client.get(path).status_code == 200


# -- What stays secret --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "aendern/"])
def test_page_of_a_link_tells_nobody_where_one_came_from_and_is_kept_nowhere(
    client: Client, post: ContactPerson, page: str
) -> None:
    response = client.get(link_of(post) + page)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_link_works_where_browsers_hide_the_origin(post: ContactPerson) -> None:
    client = Client(enforce_csrf_checks=True)
    path = link_of(post)
    assert client.post(path, sent_by(client, path), HTTP_ORIGIN="null").status_code == 302


def test_token_is_stored_hashed_and_in_no_log(
    client: Client, post: ContactPerson, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        outbox.post(confirmation.ASK, about=post.pk, to=post.pk, version="2026")
        outbox.deliver_due()
        path = mailoutbox[0].body.split("http://testserver")[1].split()[0]
        assert press(client, path).status_code == 302
    token = path.split("/")[2]
    rows = [*Link.objects.values_list(), *Message.objects.values_list()]
    assert token not in " ".join(str(value) for row in rows for value in row)
    assert token not in caplog.text


# -- Correcting ---------------------------------------------------------------------------------------------------


def test_correction_is_saved_as_the_persons_and_the_rest_is_confirmed(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    typed = {
        "person-phone": "05555 100-55",
        "person-email": "m.beispiel@example.org",
        "post-function": "Leitung",
        "post-room": "3.03",
        "post-languages": ["ar", "tr"],
    }
    data = correction(client, path, **typed)
    del data["post-is_phone_published"]
    assert client.post(f"{path}aendern/", data).url == "/bestaetigung/danke/"
    found = stored(post)
    assert (found.person.phone, found.person.email) == ("05555 100-55", "m.beispiel@example.org")
    assert found.person.phone_e164 == "+49555510055"
    assert (found.function, found.room, found.languages) == ("Leitung", "3.03", ["ar", "tr"])
    assert (found.is_phone_published, found.is_email_published) == (False, True)
    assert found.confirmed_on == today()
    assert {change.actor for row in (found, found.person) for change in history_of(row)[:1]} == {
        "Mira Beispiel, per Link"
    }
    assert client.get(path).status_code == 404


def test_nothing_else_can_be_changed_by_the_link(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    forged = {"person-family_name": "Fremd", "post-is_published": "", "post-office": "1", "post-confirmed_on": ""}
    client.post(f"{path}aendern/", correction(client, path, **forged))
    found = stored(post)
    assert (found.person.family_name, found.is_published, found.office_id) == ("Beispiel", True, post.office_id)


def test_wrong_input_is_said_beside_the_field_and_the_link_stays_open(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    response = client.post(
        f"{path}aendern/", correction(client, path, **{"person-email": "keine", "post-room": "x" * 51})
    )
    assert response.status_code == 200
    assert set(response.context["form"].person.errors) == {"email"}
    assert set(response.context["form"].post.errors) == {"room"}
    assert main(response).count('class="error-summary"') == 1
    assert 'value="keine"' in main(response)
    assert client.get(path).status_code == 200


def test_second_writer_is_shown_both_texts(client: Client, post: ContactPerson) -> None:
    path = link_of(post)
    data = correction(client, path, **{"person-phone": "05555 100-55", "post-room": "3.03"})
    Person.objects.update(phone="05555 100-77")
    ContactPerson.objects.update(room="2.02")
    response = client.post(f"{path}aendern/", data)
    assert response.status_code == 200
    for text in ("05555 100-77", "05555 100-55", "2.02", "3.03"):
        assert text in main(response)
    assert stored(post).person.phone == "05555 100-77"
    again = correction(client, path, **{"person-phone": "05555 100-55", "post-room": "3.03"})
    assert client.post(f"{path}aendern/", again).status_code == 302
    assert (stored(post).person.phone, stored(post).room) == ("05555 100-55", "3.03")


# -- What the office has to change --------------------------------------------------------------------------------


def test_message_reaches_the_office_and_nothing_is_confirmed(
    client: Client, post: ContactPerson, mailoutbox: list[Any]
) -> None:
    path = link_of(post)
    data = correction(client, path, **{"remark-text": "Dornbach gehört nicht mehr zu mir.", "post-room": "3.03"})
    assert client.post(f"{path}aendern/", data).status_code == 302
    assert (stored(post).confirmed_on, stored(post).room) == (None, "3.03")
    assert Remark.objects.get().contact_person == post
    outbox.deliver_due()
    [mail] = mailoutbox
    assert (mail.to, mail.reply_to) == (["stelle@example.org"], ["mira.beispiel@example.org"])
    assert "Dornbach gehört nicht mehr zu mir." in mail.body
    assert f"http://testserver/verwaltung/contacts/contactperson/{post.pk}/change/" in mail.body


def test_message_reaches_each_administrator_where_the_office_has_no_address(
    client: Client, post: ContactPerson, mailoutbox: list[Any]
) -> None:
    Office.objects.update(email="")
    administrators = [OfficeMembershipFactory(office=post.office, role="administrator") for _ in range(2)]
    OfficeMembershipFactory(office=post.office, role="coordinator")
    OfficeMembershipFactory(office=post.office, role="administrator", period=period(None, today() - ONE_DAY))
    path = link_of(post)
    client.post(f"{path}aendern/", correction(client, path, **{"remark-text": "Ich heiße jetzt anders."}))
    outbox.deliver_due()
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(row.user.email for row in administrators)


def test_administrators_see_the_message_at_the_post_and_delete_it(client: Client, post: ContactPerson) -> None:
    remark = Remark.objects.create(contact_person=post, text="Ich heiße anders.", written_at=timezone.now())
    administrator = OfficeMembershipFactory(office=post.office, role="administrator").user
    client.force_login(administrator, backend="accounts.backends.SignInBackend")
    path = f"/verwaltung/contacts/contactperson/{post.pk}/change/"
    assert "Ich heiße anders." in client.get(path).content.decode()
    assert administrator.has_perm("contacts.delete_remark", remark)
    assert not administrator.has_perm("contacts.delete_remark", Remark(contact_person=a_post()))


# -- Signed in ----------------------------------------------------------------------------------------------------


@pytest.fixture
def holder(client: Client, post: ContactPerson) -> Client:
    """Signed in as the person, with no role."""
    post.person.user = UserFactory(name="Mira Beispiel")
    post.person.save()
    client.force_login(post.person.user, backend="accounts.backends.SignInBackend")
    return client


def test_person_confirms_from_their_own_page(holder: Client, post: ContactPerson) -> None:
    path = f"/ansprechpersonen/{post.pk}/bestaetigen/"
    assert path in holder.get(f"/ansprechpersonen/{post.pk}/").content.decode()
    assert path in holder.get("/konto/").content.decode()
    assert press(holder, path).url == f"/ansprechpersonen/{post.pk}/"
    assert stored(post).confirmed_on == today()
    assert history_of(stored(post))[0].actor == "Mira Beispiel"


def test_post_that_goes_meanwhile_is_not_found(holder: Client, post: ContactPerson) -> None:
    with deleted_at_the_last_moment(post):
        assert holder.post(f"/ansprechpersonen/{post.pk}/bestaetigen/", {"seen": "x"}).status_code == 404


def test_person_corrects_from_their_own_page_also_where_it_is_not_published(
    holder: Client, post: ContactPerson
) -> None:
    ContactPerson.objects.update(is_published=False)
    path = f"/ansprechpersonen/{post.pk}/bestaetigen/"
    data = correction(holder, path, **{"post-room": "3.03"})
    assert holder.post(f"{path}aendern/", data).status_code == 302
    assert stored(post).room == "3.03"


def test_nobody_confirms_for_others(client: Client, post: ContactPerson) -> None:
    for role in ("coordinator", "lead", "administrator"):
        user = OfficeMembershipFactory(office=post.office, role=role).user
        client.force_login(user, backend="accounts.backends.SignInBackend")
        assert client.post(f"/ansprechpersonen/{post.pk}/bestaetigen/").status_code == 403
    assert f"/ansprechpersonen/{post.pk}/bestaetigen/" not in client.get(f"/ansprechpersonen/{post.pk}/").text


# -- In the admin, and on the pages -------------------------------------------------------------------------------


def test_administrator_marks_several_as_confirmed_today(client: Client, post: ContactPerson) -> None:
    ended = a_post(period=period(today() - 9 * ONE_DAY, today() - ONE_DAY))
    user = OfficeMembershipFactory(office=post.office, role="administrator").user
    OfficeMembershipFactory(user=user, office=ended.office, role="administrator")
    client.force_login(user, backend="accounts.backends.SignInBackend")
    chosen = {"action": "confirm_today", "_selected_action": [post.pk, ended.pk]}
    response = client.post("/verwaltung/contacts/contactperson/", chosen, follow=True)
    assert "1 Eintrag ist mit heutigem Datum bestätigt." in response.text
    assert (stored(post).confirmed_on, stored(ended).confirmed_on) == (today(), None)


def test_administrator_of_the_office_chooses_the_month(client: Client, post: ContactPerson) -> None:
    user = OfficeMembershipFactory(office=post.office, role="administrator").user
    client.force_login(user, backend="accounts.backends.SignInBackend")
    page = client.get(f"/verwaltung/contacts/office/{post.office_id}/change/")
    assert ">März</option>" in page.text
    assert "confirmation_month" in page.context["adminform"].form.fields


def test_pages_show_the_confirmation_as_their_stand(client: Client, post: ContactPerson) -> None:
    town = MunicipalityFactory(district=post.office.areas.get().district)
    AssignmentFactory(contact_person=post, municipality=town)
    # As if all of it had been entered long ago; what the database notes by itself is set aside for that.
    long_ago = timezone.now() - 400 * ONE_DAY
    with pgtrigger.ignore():
        for table in (Office.objects, Person.objects, ContactPerson.objects, post.assignments):
            table.update(changed_at=long_ago)
        ContactPerson.objects.update(confirmed_on=today() - 3 * ONE_DAY)
    day = f"{today() - 3 * ONE_DAY:%d.%m.%Y}"
    assert f"bestätigt am {day}" in client.get(f"/ansprechpersonen/{post.pk}/").text
    for path in (
        f"/kommunen/{town.ags}/",
        f"/kreise/{town.district.ags}/kontakte/",
        "/ansprechpersonen/",
        "/ansprechpersonen/?nach=person",
        f"/ansprechpersonen/{post.pk}/",
    ):
        assert f"Stand: {day}" in client.get(path).text, path


# -- How long it stays --------------------------------------------------------------------------------------------


def test_messages_go_after_twelve_months_and_links_a_month_after_their_end(post: ContactPerson) -> None:
    now = timezone.now()
    for age in (300, 370):
        Remark.objects.create(contact_person=post, text=f"vor {age} Tagen", written_at=now - age * ONE_DAY)
    for ended in (29, 32):
        link_of(post, at=now - confirmation.LINK_VALID_FOR - ended * ONE_DAY)
        Link.objects.filter(used_at=None).update(used_at=now - ended * ONE_DAY)
    erasure.purge(today())
    assert [remark.text for remark in Remark.objects.all()] == ["vor 300 Tagen"]
    assert Link.objects.count() == 1


def test_messages_and_links_go_with_the_person(post: ContactPerson) -> None:
    AssignmentFactory(contact_person=post, municipality=MunicipalityFactory(district=post.office.areas.get().district))
    Remark.objects.create(contact_person=post, text="Ich heiße anders.", written_at=timezone.now())
    link_of(post)
    post.end_on(today() - ONE_DAY)
    erasure.erase(personal_data.people("contacts.Person", [post.person_id]), today())
    assert not Remark.objects.exists()
    assert not Link.objects.exists()
    assert stored(post).confirmed_on is None
