"""The record of processing activities (Art. 30 GDPR), as the registry tells it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext

from common import personal_data
from common.personal_data import Ending, PersonalData, Text


@dataclass(frozen=True)
class Activity:
    """One kind of data: what for, about whom, what, who gets it, how long, and what erasing leaves."""

    title: str
    purposes: list[str]
    people: list[str]
    contents: list[str]
    recipients: list[str]
    stays: list[str]
    erased: list[str]


def activities(office: Any) -> list[Activity]:
    """What is held for an office, or None for the portal as a whole: one entry for each model, then the files."""
    by_model: dict[str, list[PersonalData]] = {}
    for data in personal_data.registered():
        by_model.setdefault(data.label, []).append(data)
    return [*(_of_model(entries, office) for entries in by_model.values()), *_of_files(office)]


def _of_model(entries: list[PersonalData], office: Any) -> Activity:
    return Activity(
        title=capfirst(str(entries[0].title or entries[0].model._meta.verbose_name_plural)),
        purposes=_each(data.purpose for data in entries),
        people=_each(data.people for data in entries),
        contents=_each(content for data in entries for content in _contents(data)),
        recipients=_each(data.recipients for data in entries),
        stays=_each(data.stays(office) for data in entries),
        erased=_each(_erased(data) for data in entries),
    )


def _of_files(office: Any) -> Iterator[Activity]:
    for files in personal_data.files():
        yield Activity(
            title=str(files.name),
            purposes=[str(files.purpose)],
            people=[str(files.people)],
            contents=[gettext("whole files")],
            recipients=_each([files.recipients]),
            stays=[str(files.stays(office))],
            erased=[gettext("deleted")],
        )


def _contents(data: PersonalData) -> Iterator[Text]:
    if data.contents:
        yield data.contents
        return
    for name in data.fields:
        if name not in data.not_exported:
            yield data.model._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _erased(data: PersonalData) -> str:
    endings = {Ending.BLANK: gettext("blanked"), Ending.DELETE: gettext("deleted"), Ending.KEEP: gettext("kept")}
    return f"{endings[data.ending]}: {data.because}" if data.because else endings[data.ending]


def _each(texts: Iterable[Text]) -> list[str]:
    """The texts as they come, each once."""
    return list(dict.fromkeys(str(text) for text in texts if str(text)))
