"""Files that people upload: told by their content, kept outside the web root under random names, handed out as
attachments.

What a file is called says nothing about what it is: the kind is told from its bytes, and gives the ending of the name
under which it is handed out. Kinds that a browser would run, HTML and SVG among them, are none of these.
"""

import datetime
import lzma
import re
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.periods import midnight

KINDS = {  # ending → content type
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "odg": "application/vnd.oasis.opendocument.graphics",
}
KINDS_IN_WORDS = _("PDF, Word, Excel, PowerPoint, OpenDocument, PNG, JPEG, GIF or WebP")

_BEGINNINGS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"))
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The part without which a package is no document of its kind.
_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "PowerPoint Document": "ppt"}
_DAMAGED = (  # what reading a damaged package raises
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)
_OPEN_DOCUMENTS = {kind.encode(): ending for ending, kind in KINDS.items() if ending.startswith("od")}


def kind_of(file: BinaryIO) -> str | None:
    """The ending that belongs to the content; None for what is not accepted. Raises ValidationError for macros."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(_ZIP):
        return _kind_of_package(file)
    if head.startswith(_OLE):
        return _kind_of_old_office(file)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return next((kind for beginning, kind in _BEGINNINGS if head.startswith(beginning)), None)


def _kind_of_package(file: BinaryIO) -> str | None:
    """Word, Excel and PowerPoint by their main part, OpenDocument by what it says of itself, as their formats ask."""
    with suppress(*_DAMAGED), zipfile.ZipFile(file) as package:
        names = set(package.namelist())
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise _macros()
        if "[Content_Types].xml" in names:
            return next((kind for part, kind in _PARTS.items() if part in names), None)
        if "mimetype" in names and package.getinfo("mimetype").file_size < 100:
            return _OPEN_DOCUMENTS.get(package.read("mimetype").strip())
    return None


def _kind_of_old_office(file: BinaryIO) -> str | None:
    file.seek(0)
    content = file.read()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise _macros()
    return next((kind for name, kind in _STREAMS.items() if name.encode("utf-16-le") in content), None)


def _macros() -> ValidationError:
    return ValidationError(
        gettext("The file holds macros. Please save it without macros, for example as PDF."), code="macros"
    )


class DocumentFileField(forms.FileField):
    """An upload whose kind and size are checked; `cleaned_data` holds the file with its `kind`, see KINDS."""

    default_error_messages = {
        "size": _("The file has %(size)s; at most %(largest)s can be kept."),
        "kind": _("This kind of file cannot be kept. Possible are: %(kinds)s."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in [*KINDS, "jpeg"])

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return file
        size = file.size or 0
        if size > settings.LARGEST_FILE:
            sizes = {"size": filesizeformat(size), "largest": filesizeformat(settings.LARGEST_FILE)}
            raise ValidationError(self.error_messages["size"], code="size", params=sizes)
        kind = kind_of(file)  # type: ignore[arg-type]
        if kind is None:
            raise ValidationError(self.error_messages["kind"], code="kind", params={"kinds": KINDS_IN_WORDS})
        file.seek(0)
        file.kind = kind  # type: ignore[attr-defined]
        return file


class SeveralFilesInput(forms.FileInput):
    allow_multiple_selected = True


class DocumentFilesField(DocumentFileField):
    """Several uploads, each checked; `cleaned_data` holds a list."""

    widget = SeveralFilesInput
    default_error_messages = {"number": _("At most %(most)s files can be sent at once.")}

    def __init__(self, *, most: int = 10, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uploads = data if isinstance(data, list) else [data]
        if len(uploads) > self.most:
            raise ValidationError(self.error_messages["number"], code="number", params={"most": self.most})
        cleaned = [super(DocumentFilesField, self).clean(upload, initial) for upload in uploads or [None]]
        return [upload for upload in cleaned if isinstance(upload, UploadedFile)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def ask_again(form: forms.BaseForm) -> None:
    """Say beside each file of a form that is shown once more that it has to be chosen again: browsers keep none."""
    for name, field in form.fields.items():
        if isinstance(field, DocumentFileField) and form.add_prefix(name) in form.files and not form.has_error(name):
            form.add_error(name, ValidationError(_("Please choose the file again."), code="again"))


# -- The store ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A file in the store: its random name there, and what it is handed out as."""

    name: str
    file_name: str
    content_type: str
    size: int


def store() -> FileSystemStorage:
    return FileSystemStorage(settings.FILES_ROOT, file_permissions_mode=0o600, directory_permissions_mode=0o700)


def keep(file: Any) -> Kept:
    """Write a file that DocumentFileField accepted; where the transaction is undone it stays until `remove_orphans`."""
    name = secrets.token_hex(20)
    stored = store().save(f"{name[:2]}/{name}", file)
    return Kept(stored, safe_name(file.name, file.kind), KINDS[file.kind], file.size)


def safe_name(name: str, ending: str) -> str:
    """The name without path and signs that steer, with the ending that belongs to the content."""
    stem = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\"\\/:*?<>|]+", " ", Path(name).stem)
    return f"{stem.strip(' .')[:150] or 'datei'}.{ending}"


def remove(name: str) -> None:
    """Remove the file once the transaction is certain to have happened."""
    transaction.on_commit(lambda: store().delete(name))


def as_attachment(name: str, file_name: str, content_type: str) -> FileResponse:
    """The file to be saved, never to be shown in the portal's place; raises Http404 where the store has none."""
    try:
        file = store().open(name)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=file_name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


_known: list[Callable[[], Iterable[str]]] = []


def join(known: Callable[[], Iterable[str]]) -> None:
    """Say where rows name files of the store; called in `ready()`. What nobody names is removed."""
    _known.append(known)


def remove_orphans(on: datetime.date) -> str:
    """A duty: remove what was written before that day and no row names, as where a transaction was undone."""
    files = store()
    known = {name for names in _known for name in names()}
    gone = [name for name in _names() if name not in known and files.get_modified_time(name) < midnight(on)]
    for name in gone:
        files.delete(name)
    return f"{len(gone)} files without a row removed"


def _names() -> Iterator[str]:
    files = store()
    for folder in files.listdir("")[0] if files.exists("") else ():
        for file in files.listdir(folder)[1]:
            yield f"{folder}/{file}"
