"""Translations made ready for Django in Python, since `msgfmt` is missing on many machines."""

import os
from pathlib import Path

import polib
from django.utils.translation.reloader import translation_file_changed

BASE_DIR = Path(__file__).resolve().parent.parent


def compile_catalogues(base: Path = BASE_DIR) -> list[Path]:
    """Write each changed `.po` file's `.mo` file; returns those written.

    Django reads a catalogue when the first word is asked for, and what is missing then it would not look for again: on
    a first start everything that the command goes on to write would be English.
    """
    written = []
    for source in sorted(base.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
            _write(source, target)
            translation_file_changed(None, target)
            written.append(target)
    return written


def _write(source: Path, target: Path) -> None:
    """Replace the target in one step, so that a portal starting meanwhile never reads half of it."""
    changed = source.stat().st_mtime_ns
    unfinished = target.with_suffix(f".{os.getpid()}.tmp")
    polib.pofile(str(source)).save_as_mofile(str(unfinished))
    os.utime(unfinished, ns=(changed, changed))
    unfinished.replace(target)
