"""The agenda's editor: added, changed, removed, put in order by buttons and by dragging, and safe for two writers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forums.models import AgendaItem, Meeting, TemplateItem
from tests.contacts.own_entry import sent_by
from tests.factories import AgendaItemFactory, ForumFactory, MeetingFactory, MinutesFactory, TemplateItemFactory
from tests.forums.people import coordinator, member, partner
from tests.forums.test_meeting_pages import shown, to_come

pytestmark = pytest.mark.django_db

TYPED = {"title": "Wohnraum", "kind": "decision", "minutes": "20", "presenter": "Mira Beispiel", "text": "Zum Stand."}


@pytest.fixture
def meeting() -> Meeting:
    meeting = to_come(ForumFactory())
    for position, title in enumerate(("Begrüßung", "Berichte", "Verschiedenes")):
        AgendaItemFactory(meeting=meeting, position=position, title=title)
    return meeting


def titles(meeting: Meeting) -> list[str]:
    return list(meeting.items.order_by("position", "pk").values_list("title", flat=True))


def editor(meeting: Meeting) -> str:
    return reverse("agenda", args=[meeting.forum_id, meeting.pk])


def of_item(name: str, item: AgendaItem) -> str:
    return reverse(name, args=[item.meeting.forum_id, item.meeting_id, item.pk])


def moved(client: Client, meeting: Meeting, **sent: Any) -> Any:
    order = ",".join(str(pk) for pk in meeting.items.order_by("position", "pk").values_list("pk", flat=True))
    return client.post(editor(meeting), {"ordnen": order, **sent}, follow=True)


def test_item_is_added_with_all_that_is_known_of_it(meeting: Meeting) -> None:
    coordinator(meeting.forum).post(editor(meeting), TYPED)
    item = meeting.items.get(title="Wohnraum")
    assert (item.kind, item.minutes, item.presenter, item.text) == ("decision", 20, "Mira Beispiel", "Zum Stand.")
    assert titles(meeting)[-1] == "Wohnraum"


def test_buttons_move_items_and_keep_the_focus(meeting: Meeting) -> None:
    client, last = coordinator(meeting.forum), meeting.items.get(title="Verschiedenes")
    text = moved(client, meeting, hoch=last.pk).content.decode()
    assert titles(meeting) == ["Begrüßung", "Verschiedenes", "Berichte"]
    assert f'name="hoch" value="{last.pk}" autofocus' in text
    text = moved(client, meeting, hoch=last.pk).content.decode()
    assert titles(meeting) == ["Verschiedenes", "Begrüßung", "Berichte"]
    assert f'name="runter" value="{last.pk}" autofocus' in text
    moved(client, meeting, runter=last.pk)
    assert titles(meeting) == ["Begrüßung", "Verschiedenes", "Berichte"]


def test_dragging_sends_the_whole_order(meeting: Meeting) -> None:
    first, second, third = meeting.items.order_by("position")
    moved(coordinator(meeting.forum), meeting, folge=f"{third.pk},{first.pk},{second.pk}")
    assert titles(meeting) == ["Verschiedenes", "Begrüßung", "Berichte"]


@pytest.mark.parametrize("sent", [{"folge": "1,2"}, {"folge": "x"}, {"hoch": "99999"}, {"runter": "ä"}, {}])
def test_odd_orders_change_nothing(meeting: Meeting, sent: dict[str, str]) -> None:
    moved(coordinator(meeting.forum), meeting, **sent)
    assert titles(meeting) == ["Begrüßung", "Berichte", "Verschiedenes"]


def test_order_that_somebody_changed_meanwhile_is_shown_and_nothing_moved(meeting: Meeting) -> None:
    client = coordinator(meeting.forum)
    seen = sent_by(client, editor(meeting))
    AgendaItemFactory(meeting=meeting, position=9, title="Neu")
    last = meeting.items.get(title="Verschiedenes")
    text = client.post(editor(meeting), seen | {"hoch": last.pk}, follow=True).content.decode()
    assert titles(meeting) == ["Begrüßung", "Berichte", "Verschiedenes", "Neu"]
    assert "inzwischen geändert" in text


def test_two_writers_of_an_item_lose_nothing(meeting: Meeting) -> None:
    client, item = coordinator(meeting.forum), meeting.items.get(title="Berichte")
    seen = sent_by(client, of_item("agenda_item", item))
    AgendaItem.objects.filter(pk=item.pk).update(title="Berichte aus den Kommunen")
    text = client.post(of_item("agenda_item", item), TYPED | seen).content.decode()
    assert "Berichte aus den Kommunen" in text
    assert 'value="Wohnraum"' in text


def test_changing_an_item_leaves_place_and_result(meeting: Meeting) -> None:
    client, item = coordinator(meeting.forum), meeting.items.get(title="Berichte")
    seen = sent_by(client, of_item("agenda_item", item))
    AgendaItem.objects.filter(pk=item.pk).update(result="Schon besprochen.", position=7)
    client.post(of_item("agenda_item", item), TYPED | seen)
    item.refresh_from_db()
    assert (item.title, item.result, item.position) == ("Wohnraum", "Schon besprochen.", 7)


def test_item_is_removed_after_asking(meeting: Meeting) -> None:
    client, item = coordinator(meeting.forum), meeting.items.get(title="Berichte")
    sent = sent_by(client, of_item("agenda_item_remove", item))
    assert "Berichte" in titles(meeting)
    client.post(of_item("agenda_item_remove", item), sent)
    assert titles(meeting) == ["Begrüßung", "Verschiedenes"]


def test_item_is_put_off_by_a_button(meeting: Meeting) -> None:
    following = MeetingFactory(forum=meeting.forum, starts_at=meeting.starts_at.replace(month=6))
    client, item = coordinator(meeting.forum), meeting.items.get(title="Berichte")
    client.post(of_item("agenda_item_postpone", item), sent_by(client, of_item("agenda_item_postpone", item)))
    assert titles(following) == ["Berichte"]
    assert "vertagt" in shown(client, meeting.get_absolute_url())


def test_chair_edits_around_internal_items_without_seeing_them(meeting: Meeting) -> None:
    AgendaItem.objects.filter(title="Berichte").update(is_internal=True)
    chair = member(meeting.forum, "chair")
    text = shown(chair, editor(meeting))
    assert "Berichte" not in text
    assert "is_internal" not in text
    first, _hidden, last = meeting.items.order_by("position")
    chair.post(editor(meeting), {"ordnen": f"{first.pk},{last.pk}", "hoch": last.pk})
    assert titles(meeting) == ["Verschiedenes", "Berichte", "Begrüßung"]
    assert chair.get(of_item("agenda_item", _hidden)).status_code == 404


def test_agenda_of_approved_minutes_stays(meeting: Meeting) -> None:
    minutes = MinutesFactory(meeting=meeting)
    type(minutes).objects.update(
        state="approved", approved_at=meeting.ends_at, snapshot={}, pdf=b"%PDF", checksum="0" * 64
    )
    client = coordinator(meeting.forum)
    text = moved(client, meeting, hoch=meeting.items.get(title="Berichte").pk).content.decode()
    assert "genehmigt" in text
    assert "genehmigt" in client.post(editor(meeting), TYPED).content.decode()
    assert titles(meeting) == ["Begrüßung", "Berichte", "Verschiedenes"]


def test_template_is_edited_alike_by_the_offices(meeting: Meeting) -> None:
    forum = meeting.forum
    last = TemplateItemFactory(forum=forum, position=1, title="Verschiedenes", is_closing=True)
    address, client = reverse("template_agenda", args=[forum.pk]), partner(forum)
    client.post(address, {"title": "Begrüßung", "kind": "information", "minutes": "5"})
    order = [item.title for item in TemplateItem.objects.order_by("position")]
    assert order == ["Begrüßung", "Verschiedenes"]
    client.post(address, sent_by(client, address) | {"hoch": last.pk})
    assert TemplateItem.objects.order_by("position").first() == last
    assert client.get(reverse("template_item_remove", args=[forum.pk, last.pk])).status_code == 403
    assert member(forum, "chair").get(address).status_code == 403
