"""The pages of minutes: who reads what, what each step shows and does, and the page by link."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from common import outbox
from common.links import Link
from common.periods import ONE_DAY, today
from forums import minutes_mail
from forums.models import ActionItem, AgendaItem, Attendance, Comment, Decision, Meeting, Minutes
from tests.contacts.own_entry import sent_by
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    CommentFactory,
    DecisionFactory,
    MeetingFactory,
    MembershipFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.forums.minutes_world import NOW, UNTIL, Held, held
from tests.forums.test_minutes_text import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_march() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def this() -> Held:
    return held(is_public=True)


def page(this: Held, of: str = "") -> str:
    return f"/foren/{this.forum.pk}/sitzungen/{this.meeting.pk}/protokoll{of or '/'}"


def client_of(user: Any) -> Client:
    client = Client()
    if user:
        client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


@pytest.fixture
def office(this: Held) -> Client:
    return client_of(this.colleague)


@pytest.fixture
def member(this: Held) -> Client:
    person: Any = this.membership.person
    return client_of(person.user)


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split("<main", 1)[1]).split())


def circulate(this: Held) -> Minutes:
    Minutes.of(this.meeting).circulate(UNTIL, NOW)
    return Minutes.of(this.meeting)


def approve(this: Held) -> Minutes:
    circulate(this).approve(this.colleague, NOW)
    return Minutes.of(this.meeting)


def link(this: Held) -> str:
    line = this.meeting.attendances.get(person=this.membership.person)
    now = timezone.now()
    until = now + 90 * ONE_DAY
    token = Link.objects.lasting(minutes_mail.COMMENT_LINK, line.pk, at=now, until=until, holder=line.address)
    return f"/protokolle/{token}/"


# -- Who reads what -----------------------------------------------------------------------------------------------


def readers(this: Held) -> dict[str, Client]:
    town = MunicipalityFactory()
    this.forum.town_links.create(municipality=town)
    chair = UserFactory()
    MembershipFactory(forum=this.forum, role="chair", person=PersonFactory(user=chair))
    person: Any = this.membership.person
    return {
        "visitor": Client(),
        "stranger": client_of(OfficeMembershipFactory().user),
        "member": client_of(person.user),
        "town_hall": client_of(MunicipalStaffFactory(municipality=town).user),
        "chair": client_of(chair),
        "office": client_of(this.colleague),
    }


def who_reads(this: Held, words: str = "Es fehlt") -> set[str]:
    found = set()
    for name, client in readers(this).items():
        response, pdf = client.get(page(this)), client.get(page(this, ".pdf"))
        assert response.status_code == pdf.status_code, name
        if response.status_code == 200 and words in response.content.decode():
            found.add(name)
    return found


def test_draft_is_read_by_whoever_runs_the_meeting(this: Held) -> None:
    assert who_reads(this) == {"chair", "office"}


def test_what_went_out_is_read_inside(this: Held) -> None:
    circulate(this)
    assert who_reads(this) == {"chair", "office", "member", "town_hall"}


def test_approved_minutes_stay_inside_until_they_are_released(this: Held) -> None:
    minutes = approve(this)
    assert who_reads(this) == {"chair", "office", "member", "town_hall"}
    minutes.release(this.colleague, NOW)
    assert who_reads(this) == {"chair", "office", "member", "town_hall", "visitor", "stranger"}


def test_internal_items_are_read_by_the_offices_alone(this: Held) -> None:
    approve(this).release(this.colleague, NOW)
    assert who_reads(this, "Bleibt unter uns") == {"office"}
    for client in readers(this).values():
        assert "unter uns" not in words_of(client.get(page(this, ".pdf")).content)


def test_visitors_read_the_public_version_as_page_and_document_and_nobody_in_it(this: Held) -> None:
    approve(this).release(this.colleague, NOW)
    client = Client()
    said = text_of(client, page(this)) + words_of(client.get(page(this, ".pdf")).content)
    assert said.count("Das Forum bittet um ein Konzept.") == 2
    assert not re.search("Ada|Mira|Theo|Paula|Gerda|Kim|Konzept entwerfen|Prüfsumme|Fassung", said)
    assert not client.cookies


def test_meeting_that_was_not_held_has_no_minutes(office: Client, this: Held) -> None:
    meeting = MeetingFactory(forum=this.forum)
    meeting.plan()
    assert office.get(f"/foren/{this.forum.pk}/sitzungen/{meeting.pk}/protokoll/").status_code == 404


def test_meetings_page_leads_to_the_minutes_whoever_may_read_them(this: Held, office: Client, member: Client) -> None:
    of_meeting = this.meeting.get_absolute_url()
    shown = [f'href="{page(this)}"' in client.get(of_meeting).content.decode() for client in (office, member, Client())]
    assert shown == [True, False, False]
    circulate(this)
    assert f'href="{page(this)}"' in member.get(of_meeting).content.decode()


# -- The page -----------------------------------------------------------------------------------------------------


def test_page_says_all_of_it_and_what_became_of_the_tasks(this: Held, member: Client) -> None:
    circulate(this)
    said = text_of(member, page(this))
    for part in (
        "Protokoll: 1. Sitzung",
        "14:05 bis 15:50 Uhr",
        "Anwesend (2) Ada Beispiel, Verein Miteinander Mira Muster, Vorsitz",
        "TOP 1: Wohnraum",
        "Beschluss 1 Das Forum bittet um ein Konzept. Abstimmung: Ja 5, Nein 0, Enthaltungen 1",
        "Konzept entwerfen Ada Beispiel 30.04.2026 offen",
        "Fassung 1, versandt am 04.03.2026; Anmerkungen bis 18.03.2026.",
    ):
        assert part in said, part
    ActionItem.objects.filter(what="Konzept entwerfen").update(state="done", closed_on=today(), what="Anders")
    assert "Konzept entwerfen Ada Beispiel 30.04.2026 erledigt" in text_of(member, page(this))


def test_results_are_shown_with_their_markup_and_without_html_of_their_own(this: Held, office: Client) -> None:
    AgendaItem.objects.filter(pk=this.item.pk).update(result="# Lage\n\n**fett** <script>alert(1)</script>")
    html = office.get(page(this)).content.decode()
    assert "<h4>Lage</h4>" in html
    assert "<strong>fett</strong> &lt;script&gt;" in html


def test_document_is_the_one_that_went_out(this: Held, office: Client, member: Client) -> None:
    assert words_of(office.get(page(this, ".pdf")).content).startswith("Entwurf Protokoll")
    circulate(this)
    response = member.get(page(this, ".pdf"))
    assert response["Content-Type"] == "application/pdf"
    assert f'protokoll-{this.forum.pk}-1-2026-03-02.pdf"' in response["Content-Disposition"]
    assert response.content == bytes(Minutes.objects.get().pdf)


def test_english_page_shows_german_minutes_in_an_english_frame(this: Held, office: Client) -> None:
    said = text_of(office, "/en" + page(this))
    assert "Item 1: Wohnraum" in said
    assert "1. Sitzung" in said


# -- Steps --------------------------------------------------------------------------------------------------------


def send(client: Client, path: str, **typed: Any) -> Any:
    return client.post(path, sent_by(client, path) | typed)


def test_office_sends_the_draft_it_was_shown(this: Held, office: Client) -> None:
    path = page(this, "/versenden/")
    shown = text_of(office, path)
    assert "Es fehlt" in shown
    assert "unter uns" not in shown
    response = send(office, path, comments_until="18.03.2026")
    assert response.status_code == 302
    assert Minutes.objects.get().state == "circulated"
    assert "Das Protokoll geht an 1 Mitglied." in text_of(office, page(this))


def test_text_changed_since_it_was_shown_is_not_sent(this: Held, office: Client) -> None:
    path = page(this, "/versenden/")
    typed = sent_by(office, path) | {"comments_until": "20.03.2026"}
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Neu.")
    response = office.post(path, typed)
    html = response.content.decode()
    assert "ein anderer, als Ihnen angezeigt" in html
    assert 'value="20.03.2026"' in html
    assert not Minutes.objects.exists()
    # What is shown now goes out with the second press.
    digest = re.findall(r'name="seen" value="([^"]+)"', html)[0]
    assert office.post(path, typed | {"seen": digest}).status_code == 302


@pytest.mark.parametrize("until", ["", "31.02.2026", "03.03.2026"])
def test_wrong_last_day_is_said_beside_the_field(this: Held, office: Client, until: str) -> None:
    response = send(office, page(this, "/versenden/"), comments_until=until)
    assert response.status_code == 200
    assert "comments_until" in response.context["form"].errors
    assert not Minutes.objects.exists()


def test_chair_approves_and_page_says_who_and_when(this: Held) -> None:
    circulate(this)
    chair = UserFactory(name="Vera Vorsitz")
    MembershipFactory(forum=this.forum, role="chair", person=PersonFactory(user=chair))
    client = client_of(chair)
    assert send(client, page(this, "/genehmigen/")).status_code == 302
    assert "Genehmigt am 04.03.2026 durch Vera Vorsitz." in text_of(client, page(this))
    assert Minutes.objects.get().checksum in text_of(client, page(this))


def test_minutes_are_approved_in_a_later_meeting_of_the_forum_alone(this: Held, office: Client) -> None:
    circulate(this)
    later = MeetingFactory(forum=this.forum, starts_at=NOW - datetime.timedelta(hours=3))
    later.hold()
    foreign = MeetingFactory(starts_at=NOW - datetime.timedelta(hours=3))
    foreign.hold()
    path = page(this, "/genehmigen/")
    assert "approved_in" in send(office, path, approved_in=foreign.pk).context["form"].errors
    assert send(office, path, approved_in=later.pk).status_code == 302
    assert Minutes.objects.get().approved_in == later


def test_steps_that_are_not_possible_say_why_and_have_no_button(this: Held, office: Client) -> None:
    def refused(of: str) -> str:
        path = page(this, of)
        answered = office.post(path)
        assert "<form" not in answered.content.decode().split("<main", 1)[1]
        return text_of(office, path)

    assert "Genehmigt werden nur Protokolle" in refused("/genehmigen/")
    assert "Vor der Genehmigung" in refused("/nachtrag/")
    assert "Veröffentlicht werden nur" in refused("/veroeffentlichen/")
    assert "nichts veröffentlicht" in refused("/zurueckziehen/")
    circulate(this)
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Neu.")
    assert "nach dem Versand geändert" in refused("/genehmigen/")
    circulate(this).approve(this.colleague, NOW)
    assert "genehmigt" in refused("/versenden/")
    assert "Genehmigt werden nur" in refused("/genehmigen/")
    assert Minutes.objects.get().state == "approved"


def test_what_was_noted_elsewhere_is_not_sent_and_asks_for_nothing_more() -> None:
    this = held(is_elsewhere=True, organiser="Stadtteilbüro")
    client = client_of(this.colleague)
    assert "Nächster Schritt" not in text_of(client, this.meeting.get_absolute_url())
    shown = text_of(client, page(this))
    assert "An die Mitglieder versenden" not in shown
    assert "jemand anderes" in shown
    assert "<form" not in client.get(page(this, "/versenden/")).content.decode().split("<main", 1)[1]


def test_correction_is_announced_to_the_office_until_it_is_sent(this: Held, office: Client, member: Client) -> None:
    circulate(this)
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Berichtigt.")
    assert "nach dem Versand geändert" in text_of(office, page(this))
    assert "Berichtigt." not in text_of(member, page(this))
    send(office, page(this, "/versenden/"), comments_until="20.03.2026")
    assert "Berichtigt." in text_of(member, page(this))


def test_addendum_stands_below_with_its_day(this: Held, office: Client, member: Client) -> None:
    approve(this)
    assert send(office, page(this, "/nachtrag/"), text="Bo Fern kam später.").status_code == 302
    assert "Nachtrag vom 04.03.2026 Bo Fern kam später." in text_of(member, page(this))


def test_release_shows_exactly_what_everyone_will_read(this: Held, office: Client) -> None:
    approve(this)
    path = page(this, "/veroeffentlichen/")
    preview = text_of(office, path).split("Das ist der Text:")[1]
    assert send(office, path).status_code == 302
    public = text_of(Client(), page(this))
    assert preview.strip() in public
    assert not re.search("Ada|Mira|Theo|Paula|Gerda|Konzept entwerfen", preview)


def test_published_results_are_withdrawn(this: Held, office: Client) -> None:
    approve(this).release(this.colleague, NOW)
    assert send(office, page(this, "/zurueckziehen/")).status_code == 302
    assert Client().get(page(this)).status_code == 404


def test_members_take_no_steps(this: Held, member: Client) -> None:
    circulate(this)
    for of in ("/versenden/", "/genehmigen/", "/nachtrag/", "/veroeffentlichen/", "/zurueckziehen/"):
        assert member.get(page(this, of)).status_code == 403
        assert member.post(page(this, of)).status_code == 403
    assert "/genehmigen/" not in member.get(page(this)).content.decode()


def test_partner_office_sends_minutes_and_settles_nothing(this: Held) -> None:
    partner = OfficeMembershipFactory()
    this.forum.partner_links.create(office=partner.office)
    client = client_of(partner.user)
    assert client.get(page(this, "/versenden/")).status_code == 200
    circulate(this)
    for of in ("/genehmigen/", "/veroeffentlichen/", "/zurueckziehen/"):
        assert client.post(page(this, of)).status_code == 403
    assert "/genehmigen/" not in client.get(page(this)).content.decode()


# -- Comments -----------------------------------------------------------------------------------------------------


def test_member_comments_signed_in_and_reads_the_answer(this: Held, member: Client, office: Client) -> None:
    circulate(this)
    path = page(this, "/anmerkung/")
    assert send(member, path, item=this.item.pk, text="Es waren sechs.", is_objection="on").status_code == 302
    comment = Comment.objects.get()
    assert (comment.item, comment.is_objection, comment.person) == (this.item, True, this.membership.person)
    assert "Ada Beispiel, 04.03.2026, zu „Wohnraum“ Es waren sechs." in text_of(office, page(this))
    answer = page(this, f"/anmerkungen/{comment.pk}/")
    assert send(office, answer, answer="Stimmt, wird berichtigt.").status_code == 302
    assert "Antwort: Stimmt, wird berichtigt." in text_of(member, page(this))


def test_members_read_their_own_comments_alone(this: Held, member: Client) -> None:
    CommentFactory(minutes=circulate(this), text="Geheimer Einwand")
    assert "Geheimer Einwand" not in text_of(member, page(this))


def test_comment_on_an_item_that_is_not_in_the_version_is_refused(this: Held, member: Client) -> None:
    circulate(this)
    for item in (this.internal, AgendaItemFactory()):
        response = send(member, page(this, "/anmerkung/"), item=item.pk, text="Dazu.")
        assert "item" in response.context["form"].errors


def test_second_answerer_is_shown_the_first_ones_answer(this: Held, office: Client) -> None:
    comment = CommentFactory(minutes=circulate(this))
    path = page(this, f"/anmerkungen/{comment.pk}/")
    old = sent_by(office, path)
    send(office, path, answer="Erste.")
    response = office.post(path, old | {"answer": "Zweite."})
    assert "Erste." in response.content.decode()
    assert "Zweite." in response.content.decode()
    comment.refresh_from_db()
    assert comment.answer == "Erste."


def test_offices_member_of_another_meeting_does_not_find_the_comment(this: Held, office: Client) -> None:
    comment = CommentFactory()
    assert office.get(page(this, f"/anmerkungen/{comment.pk}/")).status_code == 404


# -- By link ------------------------------------------------------------------------------------------------------


def test_link_shows_the_members_version_and_changes_nothing_when_opened(this: Held) -> None:
    circulate(this)
    path = link(this)
    before = list(Attendance.objects.values())
    response = Client().get(path)
    html = response.content.decode()
    assert "Es fehlt" in html
    assert "unter uns" not in html
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert list(Attendance.objects.values()) == before
    assert Client().get(path + "protokoll.pdf").content == bytes(Minutes.objects.get().pdf)


def test_member_comments_by_link_several_times_until_the_day(this: Held) -> None:
    circulate(this)
    path, client = link(this), Client(enforce_csrf_checks=True)
    for text in ("Erstens.", "Zweitens."):
        response = client.post(path, {"item": this.item.pk, "text": text})
        assert response.url == path + "?eingegangen=1"
    said = text_of(client, path + "?eingegangen=1")
    assert "Ihre Anmerkung ist eingegangen" in said
    assert said.index("Erstens.") < said.index("Zweitens.")
    with time_machine.travel(NOW + 15 * ONE_DAY):
        late = client.post(path, {"item": "", "text": "Zu spät."})
        assert "Die Zeit für Anmerkungen ist vorbei." in late.content.decode()
        assert "Zu spät." in late.content.decode()
        assert "Es fehlt" in text_of(client, path)
    assert Comment.objects.count() == 2
    [event] = Comment.pgh_event_model.objects.filter(text="Erstens.")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["link_holder"] == ["contacts.Person", this.membership.person_id]


def test_wrong_comment_by_link_comes_back_with_what_was_typed(this: Held) -> None:
    circulate(this)
    response = Client().post(link(this), {"item": this.item.pk, "text": "", "is_objection": "on"})
    html = response.content.decode()
    assert response.status_code == 200
    assert "error-summary" in html
    assert re.search(r'name="is_objection"[^>]* checked', html)


@pytest.mark.parametrize("how", ["invented", "revoked", "expired", "left", "draft"])
def test_ended_links_look_the_same(this: Held, how: str) -> None:
    if how != "draft":
        circulate(this)
    path = link(this)
    if how == "invented":
        path = "/protokolle/erfunden/"
    elif how == "revoked":
        line = this.meeting.attendances.get(person=this.membership.person)
        Link.objects.revoke(minutes_mail.COMMENT_LINK, line.pk, timezone.now())
    elif how == "left":
        this.membership.end_on(today() - ONE_DAY)
    with time_machine.travel(NOW + (91 * ONE_DAY if how == "expired" else 0 * ONE_DAY)):
        for response in (Client().get(path), Client().post(path), Client().get(path + "protokoll.pdf")):
            assert response.status_code == 404
            assert "Dieser Link gilt nicht mehr" in response.content.decode()
            assert response["Referrer-Policy"] == "no-referrer"


def test_mail_reads_well(this: Held) -> None:
    circulate(this)
    message = outbox.Message.objects.get(occasion="forums.minutes")
    email = message._email(minutes_mail.circulated(message), None)  # type: ignore[arg-type]
    assert email.subject == "Protokoll 1. Sitzung, 02.03.2026, Runder Tisch Wohnen: Anmerkungen bitte bis 18.03.2026"
    body = str(email.body)
    assert body.startswith("Guten Tag Ada Beispiel,\n\nder Entwurf des Protokolls")
    assert "Bis zum 18.03.2026" in body
    assert re.search(r"\nhttp://testserver/protokolle/\S+/\n", body)


# -- Queries ------------------------------------------------------------------------------------------------------


def test_pages_take_the_same_queries_with_many_rows(
    this: Held, office: Client, member: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(15):
        item = AgendaItemFactory(meeting=this.meeting)
        DecisionFactory(item=item)
        ActionItemFactory(forum=this.forum, item=item)
    minutes = circulate(this)
    for _ in range(15):
        CommentFactory(minutes=minutes, item=this.item)
    by_link = link(this)
    for client, path, most in (
        (office, page(this), 24),
        (member, page(this), 18),
        (Client(), by_link, 12),
        (office, page(this, "/genehmigen/"), 24),
        (office, page(this, "/versenden/"), 20),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200
    assert Decision.objects.count() == 16
    assert Meeting.objects.count() == 2
    assert User.objects.exists()
