"""Every text that the code marks for translation has its German; English is what is marked."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
GERMAN = ROOT / "locale/de/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

needs_gettext = pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext's xgettext is not installed")


@pytest.fixture(scope="module")
def german() -> polib.POFile:
    return polib.pofile(str(GERMAN))


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """All texts that are marked in code and templates now."""
    folder = tmp_path_factory.mktemp("marked")
    for name in (
        "accounts",
        "common",
        "contacts",
        "forums",
        "integration_portal",
        "municipalities",
        "services",
        "templates",
    ):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "locale").mkdir()
    program = (
        "import django; from django.conf import settings; settings.configure(); django.setup();"
        "from django.core.management import call_command; call_command('makemessages', locale=['de'], verbosity=0)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
    return polib.pofile(str(folder / "locale/de/LC_MESSAGES/django.po"))


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural)


@needs_gettext
def test_every_marked_text_has_its_german(marked: polib.POFile, german: polib.POFile) -> None:
    translated = {key(entry) for entry in german if entry.translated()}
    missing = [entry.msgid for entry in marked if key(entry) not in translated]
    assert not missing, f"{len(missing)} texts lack their German:\n" + "\n".join(missing)


def test_no_translation_is_a_guess(german: polib.POFile) -> None:
    assert [entry.msgid for entry in german.fuzzy_entries()] == []


def test_nothing_is_left_untranslated(german: polib.POFile) -> None:
    assert [entry.msgid for entry in german.untranslated_entries()] == []


def test_translations_keep_their_placeholders(german: polib.POFile) -> None:
    for entry in german.translated_entries():
        for text in [entry.msgstr] if entry.msgstr else entry.msgstr_plural.values():
            source = entry.msgid_plural or entry.msgid
            assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(entry.msgid + source)), entry.msgid
        if entry.msgstr:
            assert set(PLACEHOLDER.findall(entry.msgstr)) == set(PLACEHOLDER.findall(entry.msgid)), entry.msgid


def test_german_has_no_exclamation_marks_and_no_masculine_only_contact(german: polib.POFile) -> None:
    texts = [text for entry in german for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in texts if "!" in text or re.search(r"Ansprechpartner\b", text)] == []
