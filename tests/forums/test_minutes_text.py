"""What minutes say as a snapshot and as a document, and who may read how much of it."""

import json
import re
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from django.utils import translation

from common.periods import ONE_DAY
from forums import minutes_text
from forums.exports import minutes as document
from forums.models import Document, Meeting
from forums.models.meetings import LONGEST_NAME
from municipalities.models import Municipality
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    OrganisationFactory,
    TopicFactory,
)
from tests.forums.minutes_world import HOSTILE, Held, held

pytestmark = pytest.mark.django_db


@pytest.fixture
def this() -> Held:
    return held()


def words_of(pdf: bytes) -> str:
    file = pypdfium2.PdfDocument(pdf)
    pages = " ".join(page.get_textpage().get_text_bounded() for page in file)
    file.close()
    return " ".join(pages.split())


# -- The snapshot -------------------------------------------------------------------------------------------------


def test_snapshot_is_json_and_holds_all_that_minutes_contain(this: Held) -> None:
    text = minutes_text.snapshot(this.meeting)
    assert json.loads(json.dumps(text)) == text
    assert text["version"] == 1
    assert (text["forum"], text["meeting"], text["number"]) == ("Runder Tisch Wohnen", "1. Sitzung", 1)
    assert (text["day"], text["begin"], text["end"]) == ("2026-03-02", "14:05", "15:50")
    assert (text["chair"]["name"], text["minute_taker"]["name"]) == ("Mira Muster", "Theo Tinte")
    names = {group: [row["name"] for row in rows] for group, rows in text["attendance"].items()}
    assert names == {
        "present": ["Ada Beispiel", "Mira Muster"],
        "guests": ["Gerda Gast"],
        "excused": ["Bo Fern"],
        "absent": [],
    }
    assert text["attendance"]["present"][0]["organisation"] == "Verein Miteinander"
    assert [(item["number"], item["title"]) for item in text["items"]] == [
        (1, "Wohnraum"),
        (None, "Haushalt der Stelle"),
        (2, "Verschiedenes"),
    ]
    [decision] = text["items"][0]["decisions"]
    assert (decision["wording"], decision["votes"]) == ("Das Forum bittet um ein Konzept.", [5, 0, 1])
    assert text["items"][0]["tasks"][0]["what"] == "Konzept entwerfen"
    assert text["next"] == {"day": "2026-06-01", "begin": "14:00", "place": "Rathaus Musterstadt, Raum 12"}
    assert [one["title"] for one in text["attachments"]] == ["Zahlen", "Folien", "Vermerk", "Finanzplan"]


def test_snapshot_is_german_whatever_language_its_maker_reads(this: Held) -> None:
    with translation.override("en"):
        assert minutes_text.snapshot(this.meeting)["meeting"] == "1. Sitzung"


def test_members_read_nothing_internal(this: Held) -> None:
    text = minutes_text.for_members(minutes_text.snapshot(this.meeting))
    assert [item["title"] for item in text["items"]] == ["Wohnraum", "Verschiedenes"]
    assert [task["what"] for task in text["items"][0]["tasks"]] == ["Konzept entwerfen"]
    assert [one["title"] for one in text["attachments"]] == ["Zahlen", "Folien"]
    assert "Bleibt unter uns" not in json.dumps(text)


def test_public_version_holds_items_results_and_decisions_and_nobody(this: Held) -> None:
    text = minutes_text.for_everyone(minutes_text.snapshot(this.meeting))
    assert [item["title"] for item in text["items"]] == ["Wohnraum", "Verschiedenes"]
    assert text["items"][0]["result"].startswith("Es fehlt")
    assert text["items"][0]["decisions"][0]["wording"] == "Das Forum bittet um ein Konzept."
    said = json.dumps(text)
    for name in ("Ada", "Mira", "Theo", "Bo", "Gerda", "Paula", "Konzept entwerfen", "Folien", "Vermerk", "Finanzplan"):
        assert name not in said


def test_what_was_renamed_since_is_the_same_text_and_what_was_rewritten_is_not(this: Held) -> None:
    before = minutes_text.snapshot(this.meeting)
    person = this.membership.person
    person.family_name = "Anders"
    person.save()
    TopicFactory(forum=this.forum, postponed_from=this.item)
    assert minutes_text.is_same_text(before, minutes_text.snapshot(this.meeting))
    this.item.result = "Anders."
    this.item.save()
    assert not minutes_text.is_same_text(before, minutes_text.snapshot(this.meeting))


def test_snapshot_takes_the_same_queries_with_many_rows(this: Held, django_assert_num_queries: Any) -> None:
    for _ in range(20):
        item = AgendaItemFactory(meeting=this.meeting)
        DecisionFactory(item=item)
        ActionItemFactory(forum=this.forum, item=item)
        AttendanceFactory(meeting=this.meeting, presence="present")
    with django_assert_num_queries(6):
        minutes_text.snapshot(this.meeting)


# -- The document -------------------------------------------------------------------------------------------------


def members_pdf(this: Held, **more: Any) -> bytes:
    return document.pdf(minutes_text.for_members(minutes_text.snapshot(this.meeting)), **more)


def test_document_says_all_of_it(this: Held) -> None:
    said = words_of(members_pdf(this))
    for part in (
        "Protokoll: 1. Sitzung, Runder Tisch Wohnen, 02.03.2026",
        "Datum: 02.03.2026",
        "Zeit: 14:05 bis 15:50",
        "Ort: Rathaus Musterstadt, Raum 12",
        "Vorsitz: Mira Muster",
        "Protokollführung: Theo Tinte",
        "Anwesend (2) • Ada Beispiel, Verein Miteinander • Mira Muster, Vorsitz",
        "Gäste (1) • Gerda Gast",
        "Entschuldigt (1) • Bo Fern",
        "TOP 1: Wohnraum",
        "vorgestellt von Paula Vortrag",
        "Es fehlt Wohnraum. • in der Stadt • im Dorf",
        "Das Forum bittet um ein Konzept. Abstimmung: Ja 5, Nein 0, Enthaltungen 1",
        "TOP 2: Verschiedenes",
        "Was Wer Bis wann Konzept entwerfen Ada Beispiel 30.04.2026",
        "Nächste Sitzung 01.06.2026, 14:00 Uhr, Rathaus Musterstadt, Raum 12",
        "Anlagen • Zahlen (beispiel.pdf) • Folien (beispiel.pdf)",
        "Seite 1 von 2",
    ):
        assert part in said, part
    assert "Haushalt der Stelle" not in said


def test_organisation_without_a_person_is_named_once(this: Held) -> None:
    association = OrganisationFactory(name="Musterverein Nord")
    line = {"meeting": this.meeting, "person": None, "organisation": association, "presence": "present"}
    AttendanceFactory(**line, name="Musterverein Nord")
    AttendanceFactory(**line, name="Gerd Gast")
    said = words_of(members_pdf(this))
    assert said.count("Musterverein Nord") == 2
    assert "Gerd Gast, Musterverein Nord" in said


def test_organisation_of_a_guest_is_named_although_it_begins_with_the_guests_name(this: Held) -> None:
    association = OrganisationFactory(name="AWO Kreisverband Lippe")
    AttendanceFactory(
        meeting=this.meeting, person=None, name="AWO", organisation=association, role="guest", presence="present"
    )
    assert "AWO, AWO Kreisverband Lippe" in words_of(members_pdf(this))


def test_organisation_with_a_name_too_long_for_the_list_is_named_once(this: Held) -> None:
    association = OrganisationFactory(name="Verband " * 18 + "Nord, an alle")
    line = {"meeting": this.meeting, "person": None, "organisation": association, "presence": "present"}
    AttendanceFactory(**line, name=association.name[:LONGEST_NAME])
    assert words_of(members_pdf(this)).count("Verband") == 18


def test_head_says_the_number_of_a_meeting_with_a_title_of_its_own(this: Held) -> None:
    assert "Nummer" not in words_of(members_pdf(this))
    Meeting.objects.filter(pk=this.meeting.pk).update(title="Klausurtag")
    this.meeting.refresh_from_db()
    said = words_of(members_pdf(this))
    assert "Sitzung: Klausurtag" in said
    assert "Nummer: 1" in said
    assert str(this.meeting) == "Klausurtag (Nr. 1), 02.03.2026"


def test_document_of_a_meeting_of_several_days_says_the_last_one_too(this: Held) -> None:
    before = minutes_text.snapshot(this.meeting)
    this.meeting.ends_at += 2 * ONE_DAY
    this.meeting.save()
    assert "Datum: 02.03.2026 bis 04.03.2026" in words_of(members_pdf(this))
    assert not minutes_text.is_same_text(before, minutes_text.snapshot(this.meeting))
    del before["last_day"]
    assert minutes_text.in_words(before)["day"] == "02.03.2026"


def test_document_is_tagged_has_title_and_language_and_says_that_it_is_pdf_ua(this: Held) -> None:
    pdf = members_pdf(this)
    file = pypdfium2.PdfDocument(pdf)
    assert pdfium.FPDFCatalog_IsTagged(file.raw)
    assert file.get_metadata_value("Title").startswith("Protokoll: 1. Sitzung")
    file.close()
    assert re.search(rb"/Lang ?\(de", pdf)
    assert b"pdfuaid:part" in pdf


def test_same_text_makes_the_same_bytes(this: Held) -> None:
    assert members_pdf(this) == members_pdf(this)


def test_draft_says_so_on_its_pages(this: Held) -> None:
    assert words_of(members_pdf(this, draft=2)).startswith("Entwurf, Fassung 2")
    assert words_of(members_pdf(this, draft=0)).startswith("Entwurf")


@pytest.mark.parametrize("field", ["title", "presenter", "wording", "what", "name", "document"])
def test_what_looks_like_markup_of_the_typesetter_is_text(this: Held, field: str) -> None:
    if field in ("title", "presenter"):
        type(this.item).objects.filter(pk=this.item.pk).update(**{field: HOSTILE})
    elif field == "wording":
        type(this.decision).objects.update(wording=HOSTILE)
    elif field == "what":
        this.forum.action_items.update(what=HOSTILE)
    elif field == "document":
        Document.objects.update(title=HOSTILE)
    else:
        this.meeting.attendances.filter(person=None).update(name=HOSTILE)
    assert " ".join(HOSTILE.split()) in words_of(members_pdf(this))


def test_hostile_results_are_text_and_only_the_light_markup_counts(this: Held) -> None:
    this.item.result = f'{HOSTILE} a\\*b *kursiv*\n\n#panic()\n\n```\n#read("/etc/passwd")\n```\n\n<b>kein HTML</b>'
    this.item.save()
    said = words_of(members_pdf(this))
    # A backslash before punctuation is Markdown's own.
    for part in ("#let $x", "@y <z> [l] ]#panic() //", "a*b kursiv", '#read("/etc/passwd")', "<b>kein HTML</b>"):
        assert part in said, part
    assert "*kursiv*" not in said


@pytest.mark.parametrize("name", ["Ανδρέας Жанна Şükrü Łódź", "李 小龙 😀", "a\x07b\u2028c\ufffe", "[x]()", "x" * 3000])
def test_any_letters_become_a_document(this: Held, name: str) -> None:
    this.item.result = f"{name}\n\n[a](http://{'b' * 9000}) " + "- " * 30 + name
    this.item.save()
    assert members_pdf(this).startswith(b"%PDF")


def test_renamed_town_changes_nothing_in_a_snapshot(this: Held) -> None:
    text = minutes_text.snapshot(this.meeting)
    Municipality.objects.update(name="Anders")
    type(this.forum).objects.filter(pk=this.forum.pk).update(name="Anders")
    assert "Runder Tisch Wohnen" in words_of(document.pdf(text))
