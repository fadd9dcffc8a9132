"""Querysets put together once give the same rows as the ORM, anew each time."""

import datetime

import pytest
import time_machine
from django.db.models import DateField

from common.kept_queries import Asked, KeptQuery
from common.periods import today
from contacts.models import ContactPerson, Office
from tests.factories import ContactPersonFactory, OfficeFactory

pytestmark = pytest.mark.django_db


def test_rows_are_the_ones_of_the_orm_and_read_anew():
    query = KeptQuery(lambda: Office.objects.filter(pk__in=Asked("ids")).order_by("name"))
    second, first = OfficeFactory(name="Zweite Stelle"), OfficeFactory(name="Erste Stelle")
    assert query.ask(ids=[first.pk, second.pk]) == [first, second]
    assert query.ask(ids={second.pk}) == [second]
    assert query.ask(ids=[]) == []
    Office.objects.filter(pk=second.pk).update(name="Andere Stelle")
    assert [office.name for office in query.ask(ids=[first.pk, second.pk])] == ["Andere Stelle", "Erste Stelle"]


def test_values_may_be_days_and_part_of_an_expression():
    post = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))
    day = Asked("on", DateField())
    on_the_day = KeptQuery(lambda: ContactPerson.objects.filter(period__contains=day))
    a_week_before = KeptQuery(
        lambda: ContactPerson.objects.filter(period__startswith__gt=day - datetime.timedelta(days=7))
    )
    assert on_the_day.ask(on=datetime.date(2026, 1, 31)) == [post]
    assert on_the_day.ask(on=datetime.date(2026, 2, 1)) == []
    assert a_week_before.ask(on=datetime.date(2026, 1, 7)) == [post]
    assert a_week_before.ask(on=datetime.date(2026, 1, 8)) == []


def test_what_the_queryset_knows_of_today_changes_with_the_day():
    post = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))
    query = KeptQuery(lambda: ContactPerson.objects.current(today()).filter(pk=Asked("id")))
    with time_machine.travel("2026-01-31 12:00"):
        assert query.ask(id=post.pk) == [post]
    with time_machine.travel("2026-02-01 12:00"):
        assert query.ask(id=post.pk) == []


def test_the_statement_is_put_together_once_for_what_it_varies_by():
    made, kind = [], ["ki"]

    def offices():
        made.append(kind[0])
        return Office.objects.filter(kind=kind[0], pk=Asked("id"))

    query = KeptQuery(offices, varies=lambda: kind[0])
    office = OfficeFactory(kind="ki")
    assert query.ask(id=office.pk) == query.ask(id=office.pk) == [office]
    kind[0] = "other"
    assert query.ask(id=office.pk) == []
    assert made == ["ki", "other"]
