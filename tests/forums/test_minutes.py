"""Minutes from the draft to what is approved, published and added: the verbs, the mail and the reminders."""

import datetime
import hashlib
import re
import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common import outbox, personal_data
from common.links import Link
from common.outbox import Message
from common.periods import BERLIN, ONE_DAY, period, today
from common.verbs import NotPossible
from contacts.merging import Merge
from contacts.models import Organisation, Person
from forums import minutes_mail, minutes_text
from forums.minutes_erasure import erase_names
from forums.models import ActionItem, AgendaItem, Attendance, Comment, Decision, Meeting, Minutes
from tests.factories import (
    AgendaItemFactory,
    DecisionFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)
from tests.forums.minutes_world import NOW, UNTIL, Held, held
from tests.forums.test_minutes_text import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def this() -> Held:
    return held()


def circulated(this: Held, now: datetime.datetime = NOW, until: datetime.date = UNTIL) -> Minutes:
    Minutes.of(this.meeting).circulate(until, now)
    return Minutes.objects.get(meeting=this.meeting)


def approved(this: Held, approved_in: Meeting | None = None) -> Minutes:
    circulated(this).approve(this.colleague, NOW, approved_in)
    return Minutes.objects.get(meeting=this.meeting)


# -- Sending ------------------------------------------------------------------------------------------------------


def test_draft_says_what_the_meeting_holds_at_the_moment(this: Held) -> None:
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Neu.")
    assert Minutes.of(this.meeting).text()["items"][0]["result"] == "Neu."


def test_minutes_go_out_to_the_members_once_each_with_a_line_of_their_own(this: Held) -> None:
    late = MembershipFactory(forum=this.forum, person__email="neu@example.org")
    MembershipFactory(forum=this.forum, person=None, organisation=OrganisationFactory())
    MembershipFactory(forum=this.forum, person__email="")
    MembershipFactory(
        forum=this.forum, person__email="vor@example.org", period=period(None, this.meeting.day - ONE_DAY)
    )
    MembershipFactory(forum=this.forum, person__email="fort@example.org", period=period(None, NOW.date() - ONE_DAY))

    minutes = circulated(this)

    assert (minutes.state, minutes.edition, minutes.comments_until) == ("circulated", 1, UNTIL)
    people = {this.membership.person_id, late.person_id}
    told = Attendance.objects.filter(pk__in=Message.objects.filter(occasion="forums.minutes").values("to"))
    assert set(told.values_list("person", flat=True)) == people
    assert told.get(person=late.person).presence == ""


def test_minutes_of_a_meeting_that_was_not_held_do_not_go_out() -> None:
    with pytest.raises(NotPossible):
        Minutes.of(MeetingFactory()).circulate(UNTIL, NOW)


def test_minutes_of_a_forum_run_by_others_go_to_nobody() -> None:
    this = held(is_elsewhere=True, organiser="Stadtteilbüro")
    with pytest.raises(NotPossible, match="jemand anderes"):
        circulated(this)
    assert not Message.objects.exists()


def test_decisions_get_their_numbers_when_the_minutes_go_out_and_keep_them(this: Held) -> None:
    earlier = DecisionFactory(item=AgendaItemFactory(meeting=MeetingFactory(forum=this.forum)))
    Decision.objects.filter(pk=earlier.pk).update(number=4)
    second = DecisionFactory(item=this.item)
    assert circulated(this).snapshot["items"][0]["decisions"][0]["number"] == 5
    third = DecisionFactory(item=this.item)
    minutes = circulated(this)
    numbers = dict(Decision.objects.values_list("pk", "number"))
    assert [numbers[one.pk] for one in (this.decision, second, third)] == [5, 6, 7]
    assert minutes.edition == 2


@pytest.mark.django_db(transaction=True)
def test_numbers_of_decisions_have_no_gap_and_no_double_when_minutes_go_out_at_once() -> None:
    forum = ForumFactory()
    meetings = []
    for _ in range(4):
        meeting = MeetingFactory(forum=forum)
        for _ in range(3):
            DecisionFactory(item=AgendaItemFactory(meeting=meeting))
        meeting.hold()
        meetings.append(meeting)
    together = threading.Barrier(len(meetings))
    failed: list[BaseException] = []

    def send(meeting: Meeting) -> None:
        try:
            together.wait()
            Minutes.of(meeting).circulate(UNTIL, NOW)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[meeting]) for meeting in meetings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(Decision.objects.values_list("number", flat=True)) == list(range(1, 13))
    for meeting in meetings:
        numbers = Decision.objects.filter(item__meeting=meeting).order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(numbers[0], numbers[0] + 3))


def test_members_go_on_seeing_what_went_out_until_the_corrected_version_does(this: Held) -> None:
    minutes = circulated(this)
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Berichtigt.")
    assert minutes.is_changed_since_sent()
    assert minutes.text()["items"][0]["result"].startswith("Es fehlt")
    minutes = circulated(this)
    assert not minutes.is_changed_since_sent()
    assert minutes.text()["items"][0]["result"] == "Berichtigt."
    assert minutes_text.in_words(minutes.snapshot)["changed"] == ["TOP 1: Wohnraum"]
    assert words_of(bytes(minutes.pdf)).startswith("Entwurf, Fassung 2")


# -- The mail -----------------------------------------------------------------------------------------------------


def mail_to(this: Held) -> outbox.Mail | None:
    message = Message.objects.filter(occasion="forums.minutes").order_by("pk").last()
    assert message is not None
    return minutes_mail.circulated(message)


def token_of(mail: outbox.Mail | None) -> str:
    assert mail is not None
    [token] = re.findall(r"/protokolle/([^/]+)/", mail.context["link"])
    return token


def test_mail_has_a_link_of_ones_own_that_lasts_for_several_comments(this: Held) -> None:
    now = timezone.now()
    circulated(this, now, today() + 14 * ONE_DAY)
    mail = mail_to(this)
    assert mail is not None
    assert (mail.address, mail.reply_to) == ("ada@example.org", "stelle@example.org")
    token = token_of(mail)
    opened = minutes_mail.opened(token, now)
    assert opened is not None
    assert opened.attendance.person == this.membership.person
    assert minutes_mail.opened(token, now + 20 * ONE_DAY) is not None


def test_mail_of_a_corrected_version_says_that_and_what_changed_and_has_the_same_link(this: Held) -> None:
    now, until = timezone.now(), today() + 14 * ONE_DAY
    circulated(this, now, until)
    first = token_of(mail_to(this))
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Berichtigt.")
    circulated(this, now, until)
    mail = mail_to(this)
    assert mail is not None
    assert mail.subject.startswith("Geändert: Protokoll")
    assert mail.context["changed"] == ["TOP 1: Wohnraum"]
    assert token_of(mail) == first
    assert minutes_mail.circulated(Message.objects.get(version="1")) is None


def test_link_ends_with_the_membership(this: Held) -> None:
    circulated(this, timezone.now(), today())
    token = token_of(mail_to(this))
    this.membership.end_on(today() - ONE_DAY)
    assert minutes_mail.opened(token, timezone.now()) is None
    assert mail_to(this) is None


def test_link_ends_with_the_mail_address_it_was_sent_to(this: Held) -> None:
    now = timezone.now()
    circulated(this, now, today())
    token = token_of(mail_to(this))
    Person.objects.filter(pk=this.membership.person_id).update(email="neu@example.org")
    assert minutes_mail.opened(token, now) is None
    assert minutes_mail.opened(token_of(mail_to(this)), now) is not None


@pytest.mark.parametrize("since", [0, 10])
def test_who_got_another_role_or_came_back_gets_minutes_and_keeps_the_link(this: Held, since: int) -> None:
    this.membership.end_on(this.meeting.day)
    again = period(this.meeting.day + (1 + since) * ONE_DAY)
    MembershipFactory(forum=this.forum, person=this.membership.person, role="chair", period=again)
    now = timezone.now()
    circulated(this, now, today() + 14 * ONE_DAY)
    assert minutes_mail.opened(token_of(mail_to(this)), now) is not None


def test_link_of_another_purpose_or_person_opens_nothing(this: Held) -> None:
    circulated(this)
    now = timezone.now()
    line = this.meeting.attendances.get(person=this.membership.person)
    guest = this.meeting.attendances.get(person=None)
    for purpose, row in (("forums.reply", line), ("forums.comment", guest)):
        token = Link.objects.lasting(purpose, row.pk, at=now, until=now + ONE_DAY, holder=row.address)
        assert minutes_mail.opened(token, now) is None


# -- Comments -----------------------------------------------------------------------------------------------------


def test_members_comment_until_the_day_and_several_times(this: Held) -> None:
    minutes = circulated(this)
    person: Any = this.membership.person
    last_evening = datetime.datetime.combine(UNTIL, datetime.time(23, 30), BERLIN)
    minutes.comment(person, "Erstens.", NOW, this.item, is_objection=True)
    minutes.comment(person, "Zweitens.", last_evening, is_objection=False)
    with pytest.raises(NotPossible):
        minutes.comment(person, "Zu spät.", last_evening + datetime.timedelta(hours=1), is_objection=False)
    assert [comment.text for comment in minutes.comments.all()] == ["Erstens.", "Zweitens."]


def test_one_member_comments_so_often_and_no_more(this: Held) -> None:
    minutes = circulated(this)
    person: Any = this.membership.person
    for number in range(20):
        minutes.comment(person, f"Rückmeldung {number}.", NOW, is_objection=False)
    with pytest.raises(NotPossible, match="Mehr Anmerkungen"):
        minutes.comment(person, "Noch eine.", NOW, is_objection=False)
    minutes.comment(this.meeting.chaired_by, "Meine erste.", NOW, is_objection=False)  # type: ignore[arg-type]
    assert minutes.comments.count() == 21


def test_nobody_comments_on_a_draft_or_on_approved_minutes(this: Held) -> None:
    person: Any = this.membership.person
    with pytest.raises(NotPossible):
        MinutesFactory().comment(person, "Früh.", NOW, is_objection=False)
    with pytest.raises(NotPossible):
        approved(this).comment(person, "Spät.", NOW, is_objection=False)


def test_comment_outlives_the_item_it_was_about(this: Held) -> None:
    minutes = circulated(this)
    item = this.meeting.items.get(title="Verschiedenes")
    minutes.comment(this.membership.person, "Dazu.", NOW, item, is_objection=False)  # type: ignore[arg-type]
    item.delete()
    assert Comment.objects.get().item is None


# -- Approving ----------------------------------------------------------------------------------------------------


def test_approval_by_the_chair_freezes_text_document_and_checksum_and_says_who_and_when(this: Held) -> None:
    minutes = approved(this)
    assert (minutes.state, minutes.approved_by, minutes.approved_at) == ("approved", this.colleague, NOW)
    assert minutes.checksum == hashlib.sha256(bytes(minutes.pdf)).hexdigest()
    said = words_of(bytes(minutes.pdf))
    assert "Genehmigt am 04.03.2026 durch Kim Kollegin." in said
    assert "Entwurf" not in said
    assert "Haushalt der Stelle" not in said
    assert minutes_text.checksum_of(minutes.snapshot) in said, "so that the document's own checksum seals the text too"
    with pytest.raises(DatabaseError, match="this never changes"), transaction.atomic():
        Minutes.objects.update(snapshot={})


def test_approval_in_the_next_meeting_names_it(this: Held) -> None:
    following = MeetingFactory(forum=this.forum, starts_at=NOW + 30 * ONE_DAY)
    following.hold()
    minutes = approved(this, following)
    assert minutes.approved_in == following
    assert "Genehmigt am 03.04.2026 in der Sitzung „2. Sitzung“" in words_of(bytes(minutes.pdf))


def test_draft_is_not_approved_and_nothing_is_approved_twice(this: Held) -> None:
    with pytest.raises(NotPossible):
        Minutes.of(this.meeting).approve(this.colleague, NOW)
    minutes = approved(this)
    with pytest.raises(NotPossible):
        minutes.approve(this.colleague, NOW)
    with pytest.raises(NotPossible):
        minutes.circulate(UNTIL, NOW)


def test_nobody_approves_what_the_members_have_not_seen(this: Held) -> None:
    minutes = circulated(this)
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Heimlich anders.")
    with pytest.raises(NotPossible, match="nach dem Versand"):
        minutes.approve(this.colleague, NOW)


def test_entries_merged_after_the_minutes_went_out_do_not_stand_in_the_way_of_approval() -> None:
    kept = PersonFactory()
    this = held()
    minutes = circulated(this)
    chair, present = this.meeting.chaired_by, this.membership.person
    assert chair
    assert present
    Merge(kept, present).carry_out({})
    Merge(kept, chair).carry_out({})
    assert not minutes.is_changed_since_sent()
    Minutes.of(Meeting.objects.get(pk=this.meeting.pk)).approve(this.colleague, NOW)
    assert Minutes.objects.get().is_approved


def test_what_is_renamed_merged_or_done_afterwards_changes_nothing_in_approved_minutes(this: Held) -> None:
    minutes = approved(this)
    before, pdf = minutes.snapshot, bytes(minutes.pdf)
    Organisation.objects.update(name="Anders")
    Person.objects.filter(pk=this.membership.person_id).update(family_name="Anders")
    Merge(this.meeting.chaired_by, this.meeting.minutes_by).carry_out({})  # type: ignore[arg-type]
    ActionItem.objects.update(what="Anders", due_on=None)
    this.forum.name = "Anders"
    this.forum.save()
    meeting = Meeting.objects.get(pk=this.meeting.pk)
    assert meeting.minutes_by == this.meeting.chaired_by
    minutes = Minutes.of(meeting)
    assert minutes.text() == before
    assert bytes(minutes.pdf) == pdf


def test_addendum_is_dated_and_only_approved_minutes_get_one(this: Held) -> None:
    with pytest.raises(NotPossible):
        circulated(this).add("Zu früh.", this.colleague, NOW.date())
    minutes = Minutes.of(this.meeting)
    minutes.approve(this.colleague, NOW)
    addendum = Minutes.of(this.meeting).add("Bo Fern kam später.", this.colleague, NOW.date())
    assert (addendum.written_on, addendum.written_by) == (NOW.date(), this.colleague)


# -- Publishing ---------------------------------------------------------------------------------------------------


def test_public_version_is_released_and_withdrawn(this: Held) -> None:
    this.forum.is_public = this.forum.publishes_minutes = True
    this.forum.save()
    minutes = approved(this)
    assert not Minutes.objects.released().exists()
    minutes.release(this.colleague, NOW)
    minutes = Minutes.objects.released().get()
    assert minutes.public_snapshot == minutes_text.for_everyone(minutes.snapshot)
    said = words_of(bytes(minutes.public_pdf))
    assert "Das Forum bittet um ein Konzept." in said
    assert not re.search("Ada|Mira|Theo|Paula|Gerda|Kim|Konzept entwerfen|Haushalt", said)
    minutes.withdraw()
    assert not Minutes.objects.released().exists()
    assert Minutes.objects.get().public_pdf is None
    Minutes.of(this.meeting).release(this.colleague, NOW)
    assert Minutes.objects.released().exists()


def test_forum_that_publishes_nothing_releases_nothing(this: Held) -> None:
    with pytest.raises(NotPossible):
        approved(this).release(this.colleague, NOW)


def test_minutes_not_yet_approved_are_not_released(this: Held) -> None:
    this.forum.is_public = this.forum.publishes_minutes = True
    this.forum.save()
    with pytest.raises(NotPossible):
        circulated(this).release(this.colleague, NOW)
    with pytest.raises(DatabaseError, match="forums_minutes_published_whole"), transaction.atomic():
        Minutes.objects.update(released_at=NOW, public_snapshot={}, public_pdf=b"%PDF")


def test_forum_that_stops_publishing_takes_back_what_was_released(this: Held) -> None:
    this.forum.is_public = this.forum.publishes_minutes = True
    this.forum.save()
    approved(this).release(this.colleague, NOW)
    this.forum.publishes_minutes = False
    this.forum.save()
    assert not Minutes.objects.released().exists()


# -- Reminders ----------------------------------------------------------------------------------------------------


def reminded(occasion: str) -> list[outbox.Mail | None]:
    compose = outbox.occasions()[occasion].compose
    return [compose(message) for message in Message.objects.filter(occasion=occasion).order_by("pk")]


def address(mail: outbox.Mail | None) -> str:
    assert mail is not None
    return mail.address


def test_who_held_the_meeting_is_reminded_once_after_a_week(this: Held) -> None:
    day = this.meeting.day
    minutes_mail.remind(day + 6 * ONE_DAY)
    assert reminded(minutes_mail.WRITE) == []
    for after in (7, 8, 40):
        minutes_mail.remind(day + after * ONE_DAY)
    assert [address(mail) for mail in reminded(minutes_mail.WRITE)] == ["theo@example.org"]


def test_meeting_of_which_nothing_was_typed_is_reminded_of_too_unless_called_off(this: Held) -> None:
    invited, called_off = (MeetingFactory(forum=this.forum) for _ in range(2))
    invited.mark_invited()
    called_off.cancel()
    minutes_mail.remind(this.meeting.day + 7 * ONE_DAY)
    told = Message.objects.filter(occasion=minutes_mail.WRITE).values_list("about", flat=True)
    assert set(told) == {this.meeting.pk, invited.pk}
    [mail] = [mail for mail in reminded(minutes_mail.WRITE) if mail and mail.context["meeting"] == invited]
    assert mail.context["link"].endswith(f"/sitzungen/{invited.pk}/protokollieren/")


def test_reminder_goes_to_the_chair_where_nobody_took_minutes_and_to_the_office_where_nobody_chaired(
    this: Held,
) -> None:
    minutes_mail.remind(this.meeting.day + 7 * ONE_DAY)
    Meeting.objects.update(minutes_by=None)
    assert [address(mail) for mail in reminded(minutes_mail.WRITE)] == ["mira@example.org"]
    Meeting.objects.update(chaired_by=None)
    assert [address(mail) for mail in reminded(minutes_mail.WRITE)] == ["stelle@example.org"]


def test_nobody_is_reminded_of_minutes_that_went_out(this: Held) -> None:
    minutes_mail.remind(this.meeting.day + 7 * ONE_DAY)
    circulated(this)
    assert reminded(minutes_mail.WRITE) == [None]
    Message.objects.all().delete()
    minutes_mail.remind(this.meeting.day + 8 * ONE_DAY)
    assert reminded(minutes_mail.WRITE) == []


def test_nobody_is_reminded_of_meetings_that_others_hold_or_of_long_ago() -> None:
    elsewhere = held(is_elsewhere=True, organiser="Stadtteilbüro")
    minutes_mail.remind(elsewhere.meeting.day + 7 * ONE_DAY)
    old = held()
    minutes_mail.remind(old.meeting.day + 200 * ONE_DAY)
    assert reminded(minutes_mail.WRITE) == []


def test_approval_is_asked_for_once_two_weeks_after_the_last_day_for_comments(this: Held) -> None:
    minutes = circulated(this)
    minutes_mail.remind(UNTIL + 14 * ONE_DAY)
    assert reminded(minutes_mail.APPROVE) == []
    minutes_mail.remind(UNTIL + 15 * ONE_DAY)
    minutes_mail.remind(UNTIL + 16 * ONE_DAY)
    assert [address(mail) for mail in reminded(minutes_mail.APPROVE)] == ["theo@example.org"]
    minutes.approve(this.colleague, NOW)
    assert reminded(minutes_mail.APPROVE) == [None]


# -- Erasure ------------------------------------------------------------------------------------------------------


def test_erased_name_leaves_approved_minutes_with_a_note_and_a_new_checksum(this: Held) -> None:
    this.forum.is_public = this.forum.publishes_minutes = True
    this.forum.save()
    AgendaItem.objects.filter(pk=this.item.pk).update(result="Ada Beispiel berichtet, Frau Beispielhaft dankt.")
    minutes = approved(this)
    minutes.release(this.colleague, NOW)
    before = Minutes.objects.get()

    erase_names(Minutes.objects.all(), personal_data.people("contacts.Person", [this.membership.person_id]))

    after = Minutes.objects.get()
    said = words_of(bytes(after.pdf))
    assert "Name gelöscht, Verein Miteinander" in said
    assert "Name gelöscht berichtet, Frau Beispielhaft dankt." in said
    assert "Konzept entwerfen Name gelöscht 30.04.2026" in said
    assert "Mira Muster" in said
    assert "wurde hier ein Name gelöscht" in said
    assert after.checksum == hashlib.sha256(bytes(after.pdf)).hexdigest() != before.checksum
    assert minutes_text.checksum_of(after.snapshot) in said
    assert after.state == "approved"
    for text in (str(after.snapshot), str(after.public_snapshot), said, words_of(bytes(after.public_pdf))):
        assert "Ada Beispiel" not in text.replace("Frau Beispielhaft", "")
    with pytest.raises(DatabaseError, match="this never changes"), transaction.atomic():
        Minutes.objects.update(snapshot={})


def test_erased_approver_is_named_no_more(this: Held) -> None:
    minutes = approved(this)
    account = this.colleague
    PersonFactory(given_name="Kim", family_name="Kollegin", user=account)
    erase_names(Minutes.objects.all(), personal_data.people("accounts.User", [account.pk]))
    minutes.refresh_from_db()
    assert "Kim Kollegin" not in words_of(bytes(minutes.pdf))
    assert UserFactory._meta.model.objects.filter(pk=account.pk).exists()


def test_link_goes_with_its_holder(this: Held) -> None:
    line = this.meeting.attendances.get(person=this.membership.person)
    Link.objects.issue(minutes_mail.COMMENT_LINK, line.pk, at=timezone.now(), valid_for=ONE_DAY)
    [held_links] = [data for data in personal_data.registered() if data.kind == minutes_mail.COMMENT_LINK]
    people = personal_data.people("contacts.Person", [this.membership.person_id])
    assert [link.object_id for link in held_links.rows(people)] == [line.pk]
    assert held_links.ending == personal_data.Ending.DELETE
