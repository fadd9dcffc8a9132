"""Querysets put together once give the same rows as the ORM, anew each time."""

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from common.kept_queries import KeptQuery
from common.periods import today
from contacts.models import ContactPerson, Office, OfficeMembership
from contacts.rules import standing
from tests.factories import ContactPersonFactory, OfficeFactory, OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_rows_are_the_ones_of_the_orm_and_read_anew(django_assert_num_queries: Any) -> None:
    made = []

    @KeptQuery
    def offices(ids: Any) -> Any:
        made.append(ids)
        return Office.objects.filter(pk__in=ids).order_by("name")

    second, first = OfficeFactory(name="Zweite Stelle"), OfficeFactory(name="Erste Stelle")
    assert offices([first.pk, second.pk]) == [first, second]
    assert offices({second.pk}) == [second]
    Office.objects.filter(pk=second.pk).update(name="Andere Stelle")
    with django_assert_num_queries(1):
        assert [office.name for office in offices([first.pk, second.pk])] == ["Andere Stelle", "Erste Stelle"]
    assert len(made) == 1
    with django_assert_num_queries(0):
        assert offices([]) == []
    assert offices([first.pk]) == [first]
    assert len(made) == 2  # none and some are two statements


def test_values_may_be_days_and_part_of_an_expression() -> None:
    post = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))

    @KeptQuery
    def on_the_day(day: datetime.date) -> Any:
        return ContactPerson.objects.filter(period__contains=day)

    @KeptQuery
    def a_week_before(day: datetime.date) -> Any:
        return ContactPerson.objects.filter(period__startswith__gt=day - datetime.timedelta(days=7))

    assert on_the_day(datetime.date(2026, 1, 31)) == [post]
    assert on_the_day(datetime.date(2026, 2, 1)) == []
    assert a_week_before(datetime.date(2026, 1, 7)) == [post]
    assert a_week_before(datetime.date(2026, 1, 8)) == []


def test_there_may_be_more_texts_in_a_list_the_next_time() -> None:
    @KeptQuery
    def called(names: list[str]) -> Any:
        return Office.objects.filter(name__in=names).order_by("pk")

    one, other = OfficeFactory(name="Erste Stelle"), OfficeFactory(name="Zweite Stelle")
    assert called([one.name]) == [one]
    assert called([one.name, other.name]) == [one, other]
    assert called([other.name]) == [other]
    assert called([]) == []


def test_related_rows_values_and_slices_come_along(django_assert_num_queries: Any) -> None:
    post = ContactPersonFactory()

    @KeptQuery
    def posts(office: int) -> Any:
        rows = ContactPerson.objects.filter(office=office).select_related("person", "office").order_by("pk")
        return rows.prefetch_related("fields")[:1]

    @KeptQuery
    def names(office: int) -> Any:
        return ContactPerson.objects.filter(office=office).values_list("person__family_name", flat=True)

    for _ in range(2):
        with django_assert_num_queries(2):
            [found] = posts(post.office_id)
            assert (found.person, found.office, list(found.fields.all())) == (post.person, post.office, [])
        assert names(post.office_id) == [post.person.family_name]


def test_an_account_gives_its_own_values_and_what_decides_is_held_against_the_next() -> None:
    @KeptQuery
    def seen(user: Any) -> Any:
        known = standing(user)
        if known.is_superuser:
            return Office.objects.order_by("pk")
        own = Q(pk__in=known.offices) if known.offices else Q(kind="ki")
        return Office.objects.filter(own, slug__isnull=False).order_by("pk")

    one, other = OfficeFactory(kind="kmt"), OfficeFactory(kind="kmt")
    members = [OfficeMembershipFactory(office=office).user for office in (one, other)]
    both = OfficeMembershipFactory(office=one).user
    OfficeMembershipFactory(office=other, user=both)
    operator, stranger = UserFactory(is_superuser=True), AnonymousUser()
    for _ in range(2):
        assert [seen(user) for user in members] == [[one], [other]]
        assert (seen(both), seen(operator), seen(stranger)) == ([one, other], [one, other], [])


def test_what_cannot_be_left_open_is_asked_as_ever() -> None:
    @KeptQuery
    def seen(user: Any, office: int) -> Any:
        return Office.objects.filter(pk=office) if standing(user).sees_inside(office) else Office.objects.none()

    membership = OfficeMembershipFactory()
    other = OfficeMembershipFactory()
    for _ in range(2):
        assert seen(membership.user, membership.office_id) == [membership.office]
        assert seen(other.user, membership.office_id) == []


def test_values_are_never_part_of_the_statement(django_assert_num_queries: Any) -> None:
    @KeptQuery
    def called(name: str) -> Any:
        return Office.objects.filter(name=name)

    office = OfficeFactory(name="O'Neill; DROP TABLE %s")
    assert called("anything") == []
    assert called(office.name) == [office]
    assert OfficeMembership.objects.count() == 0


def test_what_the_queryset_knows_of_today_changes_with_the_day() -> None:
    post = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))

    @KeptQuery
    def current(pk: int) -> Any:
        return ContactPerson.objects.current(today()).filter(pk=pk)

    with time_machine.travel("2026-01-31 12:00"):
        assert current(post.pk) == [post]
    with time_machine.travel("2026-02-01 12:00"):
        assert current(post.pk) == []


def test_the_statement_is_put_together_once_for_what_it_varies_by() -> None:
    made, kind = [], ["ki"]

    def offices(pk: int) -> Any:
        made.append(kind[0])
        return Office.objects.filter(kind=kind[0], pk=pk)

    query = KeptQuery(offices, varies=lambda: kind[0])
    office = OfficeFactory(kind="ki")
    assert query(office.pk) == query(office.pk) == [office]
    kind[0] = "other"
    assert query(office.pk) == []
    assert made == ["ki", "other"]
