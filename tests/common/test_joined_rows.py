"""Queries kept as text give the same rows as the ORM."""

import pytest
from django.forms import model_to_dict

from common.joined_rows import JoinedRows
from contacts.models import Absence, ContactPerson
from tests.factories import AbsenceFactory, ContactPersonFactory

pytestmark = pytest.mark.django_db

ABSENCES = JoinedRows(
    """
    SELECT {absence}, {post}
    FROM contacts_absence absence LEFT JOIN contacts_contactperson post ON post.id = absence.substitute_id
    WHERE absence.id = ANY(%(keys)s) ORDER BY absence.id
    """,
    absence=Absence,
    post=ContactPerson,
)


def test_rows_are_the_ones_of_the_orm():
    substitute = ContactPersonFactory(languages=["tr", "ar"])
    away = ContactPersonFactory(office=substitute.office)
    absence = AbsenceFactory(contact_person=away, substitute=substitute)
    [(found, post)] = ABSENCES.ask(keys=[absence.pk])
    stored = Absence.objects.get()
    assert (found, post) == (stored, substitute)
    assert model_to_dict(found) == model_to_dict(stored)
    assert model_to_dict(post) == model_to_dict(ContactPerson.objects.get(pk=substitute.pk))
    assert found.changed_at == stored.changed_at
    assert not found._state.adding


def test_outer_join_without_a_row_is_none():
    absence = AbsenceFactory()
    assert ABSENCES.ask(keys=[absence.pk]) == [(absence, None)]
    assert ABSENCES.ask(keys=[]) == []


def test_the_same_row_joined_twice_is_one_instance():
    substitute = ContactPersonFactory()
    keys = [
        AbsenceFactory(contact_person=ContactPersonFactory(office=substitute.office), substitute=substitute).pk
        for _ in range(2)
    ]
    (first, one), (second, other) = ABSENCES.ask(keys=keys)
    assert first != second
    assert one is other
