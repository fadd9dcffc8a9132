"""Gaps are exactly the days on which a town of an office's area has nobody in general."""

import datetime
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from common.periods import ONE_DAY, contains, period, today
from contacts.coverage import Gap, gaps, totals, window
from contacts.models import Absence, ContactPerson, Office
from contacts.models.responsibility import days_alone, first_present
from contacts.overview import overviews
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
)
from tests.pages.world import World, small_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_queries_compared")]

FIRST = datetime.date(2030, 1, 1)
SPAN = 40
WITHIN = window(FIRST, (SPAN - 1) * ONE_DAY)
offsets = st.integers(min_value=-10, max_value=SPAN + 10)
spans = st.tuples(offsets, st.integers(min_value=0, max_value=25) | st.none())


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def lead(world: World) -> User:
    return OfficeMembershipFactory(office=world.office, role="lead").user


def found(office: Office, viewer: User, within: object = WITHIN) -> list[Gap]:
    return gaps([office.pk], within, viewer)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(periods=st.lists(spans, max_size=5), ends=st.none() | st.integers(min_value=1, max_value=SPAN))
def test_gaps_are_the_days_without_anybody(
    world: World, lead: User, periods: list[tuple[int, int | None]], ends: int | None
) -> None:
    town = MunicipalityFactory(
        district=world.district, period=period(None, FIRST + ends * ONE_DAY if ends is not None else None)
    )
    covered = []
    for offset, length in periods:
        begin = FIRST + offset * ONE_DAY
        days = period(begin, None if length is None else begin + length * ONE_DAY)
        # Each at an office of its own: one office names one person at a time.
        office = OfficeFactory(areas=[town])
        AssignmentFactory(contact_person=ContactPersonFactory(office=office), municipality=town, valid=days)
        covered.append(days)
    seen = [gap.days for gap in found(world.office, lead) if gap.town_id == town.pk]
    for day in (FIRST + n * ONE_DAY for n in range(-3, SPAN + 3)):
        is_gap = contains(WITHIN, day) and contains(town.period, day) and not any(contains(d, day) for d in covered)
        assert sum(contains(days, day) for days in seen) == is_gap, day
    # No two of them touch: each is as long as it can be.
    assert all(one.upper < other.lower for one, other in itertools.pairwise(seen))


def test_somebody_for_one_field_or_a_deputy_fills_no_gap(world: World, lead: User) -> None:
    field = FieldOfActionFactory(office=world.office)
    AssignmentFactory(contact_person=world.post, municipality=world.other_town, field=field)
    AssignmentFactory(contact_person=world.post, municipality=world.other_town, role="deputy")
    assert [gap.town_id for gap in found(world.office, lead)] == [world.other_town.pk]


def test_towns_outside_the_area_are_no_gap(world: World, lead: User) -> None:
    MunicipalityFactory()
    assert [gap.town_id for gap in found(world.office, lead)] == [world.other_town.pk]


def test_town_served_twice_over_is_one_gap(world: World, lead: User) -> None:
    world.office.areas.create(municipality=world.other_town)
    assert len(found(world.office, lead)) == 1


def test_unpublished_person_of_another_office_fills_no_gap_that_start_pages_count(world: World, lead: User) -> None:
    other = ContactPersonFactory(office=OfficeFactory(areas=[world.other_town]), is_published=False)
    AssignmentFactory(contact_person=other, municipality=world.other_town)
    now = [gap for gap in found(world.office, lead, window(today())) if gap.when(today()) == "today"]
    assert [gap.town_id for gap in now] == [
        town.pk for town in overviews([world.office.pk], today(), lead)[world.office.pk].gaps
    ]


@pytest.mark.parametrize(("begins", "when"), [(0, "today"), (1, "soon"), (60, "soon"), (61, "later"), (365, "later")])
def test_gaps_are_told_apart_by_when_they_begin(world: World, lead: User, begins: int, when: str) -> None:
    AssignmentFactory(
        contact_person=world.post,
        municipality=world.other_town,
        valid=period(today() - ONE_DAY, today() + (begins - 1) * ONE_DAY),
    )
    [gap] = found(world.office, lead, window(today()))
    assert gap.when(today()) == when


# -- Absences without anybody --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3) | st.none(), st.integers(0, 20), st.integers(0, 12)), max_size=7
    ),
    st.lists(st.integers(1, 30) | st.none(), min_size=4, max_size=4),
)
def test_first_day_alone_is_the_first_on_which_nobody_of_the_chain_is_there(
    entries: list[tuple[int, int | None, int, int]], leaves: list[int | None]
) -> None:
    posts = [
        ContactPerson(pk=n + 1, period=period(None, FIRST + last * ONE_DAY if last else None))
        for n, last in enumerate(leaves)
    ]
    absences: list[Absence] = []
    for away, substitute, begin, length in entries:
        days = period(FIRST + begin * ONE_DAY, FIRST + (begin + length) * ONE_DAY)
        taken = [a for a in absences if a.contact_person_id == away + 1]
        if substitute == away or any(a.days.lower < days.upper and days.lower < a.days.upper for a in taken):
            continue
        stands_in = posts[substitute] if substitute is not None else None
        absences.append(Absence(pk=len(absences) + 1, contact_person=posts[away], substitute=stands_in, days=days))
    expected: dict[int, datetime.date] = {}
    for day in (FIRST + n * ONE_DAY for n in range(SPAN)):
        on_day = {absence.contact_person_id: absence for absence in absences if contains(absence.days, day)}
        for absence in on_day.values():
            is_held = contains(absence.contact_person.period, day)
            if is_held and first_present(absence, on_day, day) is None:
                expected.setdefault(absence.pk, day)
    assert days_alone(absences, WITHIN) == expected


# -- The numbers of many offices are those of each -----------------------------------------------------------------


def test_numbers_of_an_office_are_its_rows(world: World, lead: User, django_assert_num_queries) -> None:
    colleague = ContactPersonFactory(office=world.office, person=PersonFactory(phone=""), confirmed_on=today())
    AssignmentFactory(
        contact_person=colleague, municipality=world.other_town, valid=period(datetime.date(2020, 1, 1), today())
    )
    AbsenceFactory(contact_person=world.post, days=period(today(), today()))
    OfficeFactory()
    with django_assert_num_queries(6):  # the memberships, once
        numbers = totals([world.office.pk], today(), lead)
    row = numbers[world.office.pk]
    assert (row.towns, row.inhabitants) == (2, 8412 + 14077)
    assert (row.today, row.soon, row.later) == (0, 1, 0)
    assert (row.ending, row.alone) == (1, 1)
    assert (row.unconfirmed, row.incomplete) == (1, 1)  # the other one was confirmed today, but has no phone
