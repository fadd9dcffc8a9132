"""A file that came with a form which is shown once more is asked for again, as browsers keep none."""

import pytest

from tests.services.office import Setting, send, signed_in
from tests.services.requester import a_file, errors


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def test_of_an_answer(setting: Setting) -> None:
    address = f"{setting.request().get_absolute_url()}antworten/"
    refused = send(signed_in(setting.coordinator), address, text="", file=a_file())
    assert errors(refused) == {"text": ["required"], "file": ["again"]}


def test_of_a_written_statement(setting: Setting) -> None:
    setting.offering.kind = "statement"
    setting.offering.save()
    address = f"{setting.request().get_absolute_url()}durchfuehrung/"
    refused = send(signed_in(setting.coordinator), address, held_on="", hours="2", statement=a_file())
    assert errors(refused)["statement"] == ["again"]


def test_what_was_not_sent_or_is_wrong_anyway_is_not_asked_for(setting: Setting) -> None:
    address = f"{setting.request().get_absolute_url()}antworten/"
    wrong_kind = send(signed_in(setting.coordinator), address, text="", file=a_file("a.html", b"<html>"))
    assert errors(wrong_kind) == {"text": ["required"], "file": ["kind"]}
    assert errors(send(signed_in(setting.coordinator), address, text="")) == {"text": ["required"]}
