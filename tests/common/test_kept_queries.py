"""Querysets put together once give the same rows as the ORM, anew each time."""

import datetime
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404

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


@dataclass(frozen=True)
class Served:
    offices: frozenset[int]
    since: datetime.date | None


class Days(NamedTuple):
    first: datetime.date | None
    offices: list[int]


def test_values_may_come_in_dataclasses_and_named_tuples() -> None:
    @KeptQuery
    def posts(served: Served, days: list[Days]) -> Any:
        condition = Q(office__in=served.offices)
        if served.since:
            condition &= Q(period__contains=served.since)
        for each in days:
            condition |= Q(office__in=each.offices, period__contains=each.first)
        return ContactPerson.objects.filter(condition).order_by("pk")

    early = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))
    late = ContactPersonFactory(period=(datetime.date(2026, 6, 1), None))
    both = frozenset({early.office_id, late.office_id})
    for _ in range(2):
        assert posts(Served(both, None), []) == [early, late]
        assert posts(Served(both, datetime.date(2026, 1, 31)), []) == [early]
        assert posts(Served(both, datetime.date(2026, 7, 1)), []) == [late]
        assert posts(Served(frozenset(), None), []) == []
        assert posts(Served(frozenset(), None), [Days(datetime.date(2026, 7, 1), [late.office_id])]) == [late]
        assert posts(Served(frozenset(), None), [Days(datetime.date(2026, 7, 1), [early.office_id])]) == []


COMPARING = {
    "an id": lambda user, pk, name: Office.objects.filter(kind="ki" if pk == 0 else "kmt"),
    "ids of an account": lambda user, pk, name: Office.objects.filter(
        kind="ki" if pk in standing(user).offices else "x"
    ),
    "an account's id": lambda user, pk, name: Office.objects.filter(kind="ki" if user.pk != pk else "kmt"),
    "an account": lambda user, pk, name: Office.objects.filter(kind="ki" if user == pk else "kmt"),
    "a method": lambda user, pk, name: Office.objects.filter(kind="ki" if standing(user).sees_inside(pk) else "kmt"),
    "what is missing": lambda user, pk, name: Office.objects.filter(kind=getattr(user, "kind", "ki")),
    "a text": lambda user, pk, name: Office.objects.filter(name=f"Stelle {name}"),
    "words": lambda user, pk, name: Office.objects.filter(name__in=name.split()),
    "a larger number": lambda user, pk, name: Office.objects.filter(kind="ki" if pk > 1 else "kmt"),
    "several": lambda user, pk, name: Office.objects.filter(pk__in=standing(user).offices | {pk}),
}


@pytest.mark.parametrize("compared", COMPARING)
def test_what_cannot_be_left_open_is_asked_as_ever(compared: str) -> None:
    query = KeptQuery(COMPARING[compared])
    one, other = OfficeMembershipFactory(office__name="Stelle A"), OfficeMembershipFactory(office__name="Stelle B")
    Office.objects.filter(pk=other.office_id).update(kind="kmt")
    for _ in range(2):
        for membership in (one, other):
            for pk, name in ((0, "A"), (1, "Stelle"), (membership.office_id, "B"), (membership.user.pk, "")):
                expected = list(query.queryset(membership.user, pk, name))
                assert query(membership.user, pk, name) == expected, (pk, name)


def test_values_of_another_kind_are_another_statement() -> None:
    @KeptQuery
    def found(values: Any) -> Any:
        return Office.objects.filter(pk__in=values)

    office = OfficeFactory()
    assert [found([office.pk]), found([None]), found([]), found({office.pk})] == [[office], [], [], [office]]


def test_arguments_are_given_by_their_places() -> None:
    @KeptQuery
    def offices(kind: str = "ki") -> Any:
        return Office.objects.filter(kind=kind)

    with pytest.raises(TypeError):
        offices(kind="kmt")


def test_one_row_or_none() -> None:
    @KeptQuery
    def called(name: str) -> Any:
        return Office.objects.filter(name=name)

    office = OfficeFactory()
    assert called.or_404(office.name) == office
    with pytest.raises(Http404):
        called.or_404("Nirgends")


def test_what_is_put_together_while_the_day_changes_is_not_kept_for_the_next() -> None:
    waiting, go_on = Event(), Event()

    @KeptQuery
    def current(pk: int) -> Any:
        day = today()
        if not waiting.is_set():
            waiting.set()
            go_on.wait(10)
        return ContactPerson.objects.current(day).filter(pk=pk)

    post = ContactPersonFactory(period=(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)))
    with time_machine.travel("2026-01-31 12:00") as clock:
        evening = Thread(target=lambda: current._statement((post.pk,)))
        evening.start()
        assert waiting.wait(10)
        clock.move_to("2026-02-01 12:00")
        assert current(post.pk) == []
        go_on.set()
        evening.join()
        assert current(post.pk) == []


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
