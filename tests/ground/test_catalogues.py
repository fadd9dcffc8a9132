"""Translations are there for the process that has just made them, as on the first start of a fresh machine."""

from pathlib import Path

from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext

from common.catalogues import compile_catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def test_what_was_just_compiled_is_spoken_at_once(tmp_path: Path) -> None:
    messages = tmp_path / "locale/de/LC_MESSAGES"
    messages.mkdir(parents=True)
    (messages / "django.po").write_text(HEADER + 'msgid "found nowhere else"\nmsgstr "nur hier"\n', encoding="utf-8")
    with override_settings(LOCALE_PATHS=[tmp_path / "locale"]):
        with translation.override("de"):
            assert gettext("found nowhere else") == "found nowhere else"
        assert compile_catalogues(tmp_path) == [messages / "django.mo"]
        with translation.override("de"):
            assert gettext("found nowhere else") == "nur hier"
        assert compile_catalogues(tmp_path) == []
