"""Documents: told by their content, kept outside the web root, handed out with permission, deleted with their file."""

import datetime
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from common import files
from common.files import KINDS
from common.periods import today
from forums.models import Document
from tests.factories import AgendaItemFactory, DocumentFactory, MeetingFactory, MembershipFactory, UserFactory
from tests.forums.pages import Setting, errors, signed_in

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%beispiel"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def package(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def office(part: str, **more: bytes) -> bytes:
    return package(**{"[Content_Types].xml": b"<Types/>", part: b"<x/>"}, **more)


def old_office(stream: str) -> bytes:
    return OLE + stream.encode("utf-16-le")


def damaged(kind: str, compression: int, header: int = 0) -> bytes:
    """A package whose compressed bytes were overwritten, but for so many."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as file:
        file.writestr("mimetype", KINDS[kind])
        begin, size = 30 + len("mimetype") + header, file.getinfo("mimetype").compress_size - header
    content = written.getvalue()
    return content[:begin] + b"\xff" * size + content[begin + size :]


GOOD = {
    "pdf": PDF,
    "png": b"\x89PNG\r\n\x1a\nbild",
    "jpg": b"\xff\xd8\xff\xe0bild",
    "gif": b"GIF89abild",
    "webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "docx": office("word/document.xml"),
    "xlsx": office("xl/workbook.xml"),
    "pptx": office("ppt/presentation.xml"),
    "doc": old_office("WordDocument"),
    "xls": old_office("Workbook"),
    "ppt": old_office("PowerPoint Document"),
    **{kind: package(mimetype=KINDS[kind].encode()) for kind in ("odt", "ods", "odp", "odg")},
}
BAD = {
    "seite.pdf": b"<!doctype html><script>alert(1)</script>",
    "bild.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "programm.pdf": b"MZ\x90\x00",
    "archiv.docx": package(**{"lies.txt": b"x"}),
    "fremd.odt": package(mimetype=b"application/epub+zip"),
    "kaputt.docx": b"PK\x03\x04kaputt",
    "kaputt.odt": damaged("odt", zipfile.ZIP_DEFLATED),
    "kaputt.ods": damaged("ods", zipfile.ZIP_BZIP2),
    "kaputt.odp": damaged("odp", zipfile.ZIP_LZMA, header=9),
    "installation.doc": OLE,
    "leer.pdf": b"",
    "makros.docx": office("word/document.xml", **{"word/vbaProject.bin": b"x"}),
    "makros.doc": old_office("WordDocument") + "_VBA_PROJECT".encode("utf-16-le"),
}


@pytest.fixture
def setting(db: None, settings: Any, tmp_path: Path) -> Setting:
    settings.FILES_ROOT = tmp_path / "files"
    return Setting()


def stored(settings: Any) -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


def upload(client: Any, address: str, content: bytes = PDF, name: str = "papier.pdf", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    return client.post(address, {"file": file, "title": "Papier", "audience": "members"} | fields)


@pytest.mark.parametrize("kind", KINDS)
def test_kind_is_told_by_the_content_and_gives_the_name_its_ending(setting: Setting, kind: str) -> None:
    forum, client = setting.forum(), signed_in(setting.coordinator)
    upload(client, f"/foren/{forum.pk}/dokumente/neu/", GOOD[kind], "Übersicht 2026.html")
    document = Document.objects.get()
    response = client.get(document.get_absolute_url())
    assert b"".join(response.streaming_content) == GOOD[kind]
    assert response["Content-Type"] == KINDS[kind]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Disposition"].endswith(f"%C3%9Cbersicht%202026.{kind}")


@pytest.mark.parametrize("name", BAD)
def test_refused_file_says_why_and_the_rest_of_the_form_is_kept(setting: Setting, settings: Any, name: str) -> None:
    forum = setting.forum()
    address = f"/foren/{forum.pk}/dokumente/neu/"
    response = upload(signed_in(setting.coordinator), address, BAD[name], name, title="Mein Titel", audience="offices")
    assert list(errors(response)) == ["file"]
    assert response.context["form"]["title"].value() == "Mein Titel"
    assert response.context["form"]["audience"].value() == "offices"
    assert not Document.objects.exists()
    assert stored(settings) == []


def test_file_that_is_too_large_is_refused(setting: Setting, settings: Any) -> None:
    settings.LARGEST_FILE = 1024
    address = f"/foren/{setting.forum().pk}/dokumente/neu/"
    response = upload(signed_in(setting.coordinator), address, PDF + bytes(1024))
    assert "1,0\xa0KB" in errors(response)["file"][0]


def test_file_of_a_refused_form_is_asked_for_again(setting: Setting) -> None:
    address = f"/foren/{setting.forum().pk}/dokumente/neu/"
    assert list(errors(upload(signed_in(setting.coordinator), address, audience="alle"))) == ["audience", "file"]


def test_file_lies_outside_the_web_root_under_a_random_name(setting: Setting, settings: Any) -> None:
    address = f"/foren/{setting.forum().pk}/dokumente/neu/"
    for _ in range(2):
        upload(signed_in(setting.coordinator), address, name="../../geheim.pdf")
    one, other = stored(settings)
    assert one.name != other.name
    assert "geheim" not in one.name
    assert one.stat().st_mode & 0o077 == 0
    assert not one.is_relative_to(settings.STATIC_ROOT)
    assert {document.file_name for document in Document.objects.all()} == {"geheim.pdf"}


def test_title_is_the_files_name_where_none_is_given(setting: Setting) -> None:
    upload(signed_in(setting.coordinator), f"/foren/{setting.forum().pk}/dokumente/neu/", title="")
    assert Document.objects.get().title == "papier"


def test_document_of_a_meeting_may_belong_to_one_of_its_items(setting: Setting) -> None:
    meeting = MeetingFactory(forum=setting.forum())
    item, foreign = AgendaItemFactory(meeting=meeting), AgendaItemFactory()
    client, address = signed_in(setting.coordinator), f"{meeting.get_absolute_url()}dokumente/neu/"
    assert list(errors(upload(client, address, item=foreign.pk))) == ["item", "file"]
    upload(client, address, item=item.pk)
    document = Document.objects.get()
    assert (document.meeting, document.item, document.uploaded_by) == (meeting, item, setting.coordinator)
    assert "Papier" in client.get(meeting.get_absolute_url()).content.decode()


def test_who_may_not_read_a_document_does_not_get_it(setting: Setting) -> None:
    forum = setting.forum(is_public=True)
    member = UserFactory()
    MembershipFactory(forum=forum, person__user=member)
    readers = {"member": member, "office": setting.coordinator, "stranger": UserFactory()}
    clients = {"visitor": Client()} | {name: signed_in(user) for name, user in readers.items()}
    allowed = {}
    for audience in ("everyone", "members", "offices"):
        upload(signed_in(setting.coordinator), f"/foren/{forum.pk}/dokumente/neu/", audience=audience)
        address = Document.objects.get(audience=audience).get_absolute_url()
        allowed[audience] = {name: client.get(address).status_code for name, client in clients.items()}
    assert allowed == {
        "everyone": {"visitor": 200, "member": 200, "office": 200, "stranger": 200},
        "members": {"visitor": 302, "member": 200, "office": 200, "stranger": 404},
        "offices": {"visitor": 302, "member": 404, "office": 200, "stranger": 404},
    }


def test_member_who_chairs_uploads_and_others_do_not(setting: Setting) -> None:
    forum = setting.forum()
    chair, member = UserFactory(), UserFactory()
    MembershipFactory(forum=forum, person__user=chair, role="chair")
    MembershipFactory(forum=forum, person__user=member)
    address = f"/foren/{forum.pk}/dokumente/neu/"
    assert [upload(signed_in(user), address).status_code for user in (chair, member)] == [302, 403]


def test_chair_keeps_no_document_for_the_offices_only(setting: Setting) -> None:
    forum = setting.forum()
    chair = UserFactory()
    MembershipFactory(forum=forum, person__user=chair, role="chair")
    client, address = signed_in(chair), f"/foren/{forum.pk}/dokumente/neu/"
    assert "nur die Stellen" not in client.get(address).content.decode()
    assert list(errors(upload(client, address, audience="offices"))) == ["audience", "file"]
    assert "nur die Stellen" in signed_in(setting.coordinator).get(address).content.decode()


def test_title_and_audience_of_a_document_are_changed_after_the_upload(setting: Setting) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    document, address = a_document(forum)
    client = signed_in(setting.neighbour)  # a partner edits
    assert address in client.get(forum.get_absolute_url()).content.decode()
    typed = {"title": "Konzept, zweite Fassung", "audience": "offices", "seen_version": document.version}
    assert client.post(address, typed).headers["Location"] == forum.get_absolute_url()
    document.refresh_from_db()
    assert (document.title, document.audience) == ("Konzept, zweite Fassung", "offices")
    assert errors(client.post(address, typed | {"title": "Noch anders", "audience": "members"}))  # seen before that


def test_chair_changes_a_title_and_a_member_does_not(setting: Setting) -> None:
    forum = setting.forum()
    document, address = a_document(forum)
    chair, member = UserFactory(), UserFactory()
    MembershipFactory(forum=forum, person__user=chair, role="chair")
    MembershipFactory(forum=forum, person__user=member)
    typed = {"title": "Konzept", "audience": "members", "seen_version": document.version}
    assert [signed_in(user).post(address, typed).status_code for user in (member, chair)] == [403, 302]
    assert "nur die Stellen" not in signed_in(chair).get(address).content.decode()


def a_document(forum: Any) -> tuple[Document, str]:
    document = DocumentFactory(forum=forum)
    return document, f"{document.get_absolute_url()}bearbeiten/"


def test_documents_of_an_internal_item_stay_the_offices_when_it_is_deleted(setting: Setting) -> None:
    meeting = MeetingFactory(forum=setting.forum())
    documents = [
        DocumentFactory(forum=meeting.forum, meeting=meeting, item=AgendaItemFactory(meeting=meeting, is_internal=yes))
        for yes in (True, False)
    ]
    for item in meeting.items.all():
        item.remove()
    for document in documents:
        document.refresh_from_db()
    assert [(document.item, document.audience) for document in documents] == [(None, "offices"), (None, "members")]


def test_deleting_removes_the_file_after_commit_and_stays_on_record(
    setting: Setting,
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    upload(signed_in(setting.coordinator), f"/foren/{forum.pk}/dokumente/neu/")
    document = Document.objects.get()
    address = f"{document.get_absolute_url()}loeschen/"
    assert signed_in(setting.neighbour).post(address).status_code == 403
    assert "Papier" in signed_in(setting.coordinator).get(address).content.decode()
    with django_capture_on_commit_callbacks() as callbacks:
        signed_in(setting.coordinator).post(address)
    assert not Document.objects.exists()
    assert len(stored(settings)) == 1
    for callback in callbacks:
        callback()
    assert stored(settings) == []
    deletion = Document.pgh_event_model.objects.get(pgh_label="delete")  # type: ignore[attr-defined]
    assert deletion.pgh_context.metadata["user"] == setting.coordinator.pk


def test_lost_file_is_not_found(setting: Setting) -> None:
    document = DocumentFactory(forum=setting.forum())
    assert signed_in(setting.coordinator).get(document.get_absolute_url()).status_code == 404


def test_files_that_no_document_knows_are_removed_after_a_day(setting: Setting, settings: Any) -> None:
    upload(signed_in(setting.coordinator), f"/foren/{setting.forum().pk}/dokumente/neu/")
    [known] = stored(settings)
    folder = known.parent.parent / "ab"
    folder.mkdir(exist_ok=True)
    old, fresh = folder / "alt", folder / "neu"
    for path in (old, fresh):
        path.write_bytes(PDF)
    long_ago = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()
    os.utime(old, (long_ago, long_ago))
    os.utime(known, (long_ago, long_ago))
    assert files.remove_orphans(today()).startswith("1 ")
    assert set(stored(settings)) == {known, fresh}
