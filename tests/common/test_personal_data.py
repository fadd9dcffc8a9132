"""Every model says which of its fields are personal, and what becomes of them."""

import datetime

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from common import personal_data
from common.fields import NameField
from common.personal_data import Ending, PersonalData
from contacts.models import Person


def test_every_field_that_looks_personal_is_registered_or_declared():
    assert list(personal_data.undeclared()) == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("contact", models.EmailField()),
        ("called", NameField(max_length=10)),
        ("mobile", models.CharField(max_length=10)),
        ("what_was_said", models.TextField()),
        ("found", models.JSONField()),
        ("file", models.FileField()),
        ("person", models.ForeignKey("contacts.Person", models.CASCADE)),
        ("asked_by", models.ForeignKey("accounts.User", models.CASCADE)),
        ("post", models.ForeignKey("contacts.ContactPerson", models.CASCADE)),
    ],
)
def test_field_that_nobody_declared_is_named(monkeypatch, name, field):
    with isolate_apps("contacts", "accounts"):
        model = type(
            "Forgotten",
            (models.Model,),
            {name: field, "__module__": __name__, "Meta": type("Meta", (), {"app_label": "contacts"})},
        )
        field.remote_field and setattr(field.remote_field, "model", apps.get_model(field.remote_field.model))
        monkeypatch.setattr(personal_data.apps, "get_models", lambda **kwargs: [model])
        assert list(personal_data.undeclared()) == [f"contacts.Forgotten.{name}"]


def test_registering_a_field_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="nickname"):
        personal_data.register(
            PersonalData(
                model=Person,
                kind="mistaken",
                fields={"nickname": ""},
                purpose="",
                people="",
                rows=lambda people: Person.objects.none(),
                ending=Ending.BLANK,
                stays=lambda office: "",
            )
        )


def test_the_same_data_named_twice_are_refused():
    data = personal_data.registered()[0]
    with pytest.raises(ValueError, match="twice"):
        personal_data.register(data, data)


def test_every_entry_says_what_for_about_whom_and_how_long():
    for data in personal_data.registered():
        assert all(str(text) for text in (data.purpose, data.people, data.stays(None))), data.label
        if data.ending is Ending.KEEP:
            assert str(data.because), f"{data.label} is kept without a reason"


def test_months_before_the_end_of_a_month():
    from common.periods import months_before

    assert months_before(datetime.date(2026, 3, 31), 1) == datetime.date(2026, 2, 28)
    assert months_before(datetime.date(2026, 11, 24), 24) == datetime.date(2024, 11, 24)
    assert months_before(datetime.date(2026, 1, 15), 1) == datetime.date(2025, 12, 15)
