"""Hand-overs: what planning changes, what the day passes on, what cancelling restores, and what is refused."""

import datetime
import threading
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extras import DateRange

from common import periods
from common.database_errors import checked
from common.periods import ONE_DAY, period
from contacts import open_work
from contacts.handover_plan import Plan, Wish, carry_out_due, handed_over_from, lock, split, within
from contacts.models import Assignment, ContactPerson, Handover, HandoverTown, OfficeMembership
from contacts.tasks import carry_out_handovers
from municipalities.models import Municipality
from tests.contacts.admin_pages import Setting, day, setting  # noqa: F401
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

BEFORE, TODAY, DAY = day("01.01.2026"), day("24.11.2026"), day("01.12.2026")
OPEN = period(BEFORE)


def plan(leaver: ContactPerson, *wishes: Wish, on: datetime.date = DAY, **more: Any) -> Plan:
    return Plan(leaver, on, list(wishes), **more)


def state(office: Any) -> set[tuple[Any, ...]]:
    """All responsibilities of the office: who, where, as what, when."""
    rows = Assignment.objects.filter(office=office).select_related("contact_person__person", "municipality", "field")
    return {
        (row.municipality.name, str(row.field or ""), row.role, row.contact_person.person.given_name, row.valid)
        for row in rows
    }


def told(plan: Plan) -> list[str]:
    return [message for messages in plan.errors.values() for message in messages]


@pytest.fixture
def adorf(setting: Setting) -> Assignment:  # noqa: F811
    return setting.assign(setting.ada, setting.town, "01.01.2026")


# -- Periods ------------------------------------------------------------------------------------------------------

days = st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31))
periods_of_days = st.tuples(days, st.none() | st.integers(1, 800)).map(
    lambda drawn: DateRange(drawn[0], drawn[0] + drawn[1] * ONE_DAY if drawn[1] else None)
)


@given(periods_of_days, days, days)
def test_every_day_has_the_holder_it_had_before_or_the_receiver(
    valid: DateRange, day: datetime.date, asked: datetime.date
) -> None:
    given, received = split(valid, day)

    held = given is not None and periods.contains(given, asked)
    assert not (held and periods.contains(received, asked))
    assert held == (periods.contains(valid, asked) and asked < day)
    if asked >= day and periods.contains(valid, asked):
        assert periods.contains(received, asked)
    if periods.contains(received, asked):
        assert asked >= day
        assert periods.contains(valid, asked) or (valid.upper is not None and valid.upper <= day)


@given(periods_of_days, periods_of_days, days)
def test_days_within_a_post_are_those_of_both(valid: DateRange, post: DateRange, asked: datetime.date) -> None:
    found = within(valid, post)

    in_both = periods.contains(valid, asked) and periods.contains(post, asked)
    assert (found is not None and periods.contains(found, asked)) == in_both


# -- Planning -----------------------------------------------------------------------------------------------------


def test_days_of_giver_and_receiver_meet(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    assert state(setting.office) == {
        ("Adorf", "", "primary", "Ada", period(BEFORE, DAY - ONE_DAY)),
        ("Adorf", "", "primary", "Ben", period(DAY)),
    }


def test_towns_go_to_several_receivers_with_deputies_and_fields(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    field = FieldOfActionFactory(office=setting.office, name="Wohnen")
    cem = ContactPersonFactory(office=setting.office, person=PersonFactory(given_name="Cem"))
    wishes = [
        Wish(adorf, setting.ben, "Frau Muster im Rathaus kennt alle"),
        Wish(setting.assign(setting.ada, setting.town, "01.01.2026", field=field), cem),
        Wish(setting.assign(setting.ada, setting.second_town, "01.01.2026", "28.02.2027", role="deputy"), cem),
    ]

    handover = plan(setting.ada, *wishes).save(setting.administrator)

    after = period(DAY)
    assert {row for row in state(setting.office) if row[3] != "Ada"} == {
        ("Adorf", "", "primary", "Ben", after),
        ("Adorf", "Wohnen", "primary", "Cem", after),
        ("Bedorf", "", "deputy", "Cem", period(DAY, day("28.02.2027"))),
    }
    assert {row[4] for row in state(setting.office) if row[3] == "Ada"} == {period(BEFORE, DAY - ONE_DAY)}
    assert handover.towns.get(receiver=setting.ben).note == "Frau Muster im Rathaus kennt alle"
    assert handover.created_by == setting.administrator


def test_responsibility_that_ends_earlier_keeps_its_end(setting: Setting) -> None:  # noqa: F811
    ending = setting.assign(setting.ada, setting.town, "01.01.2026", "15.11.2026")

    plan(setting.ada, Wish(ending, setting.ben)).save(None)

    assert {row[3:] for row in state(setting.office)} == {
        ("Ada", period(BEFORE, day("15.11.2026"))),
        ("Ben", period(DAY)),
    }


def test_responsibility_that_begins_later_passes_whole(setting: Setting) -> None:  # noqa: F811
    later = setting.assign(setting.ada, setting.town, "01.03.2027", "31.12.2027")

    handover = plan(setting.ada, Wish(later, setting.ben)).save(None)

    assert {row[3:] for row in state(setting.office)} == {("Ben", period(day("01.03.2027"), day("31.12.2027")))}
    handover.cancel(TODAY)
    assert {row[3:] for row in state(setting.office)} == {("Ada", period(day("01.03.2027"), day("31.12.2027")))}


def test_deputy_who_becomes_primary_gives_up_being_deputy(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    setting.assign(setting.ben, setting.town, "01.02.2026", role="deputy")
    before = state(setting.office)

    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    assert {row for row in state(setting.office) if row[3] == "Ben"} == {
        ("Adorf", "", "deputy", "Ben", period(day("01.02.2026"), DAY - ONE_DAY)),
        ("Adorf", "", "primary", "Ben", period(DAY)),
    }
    handover.cancel(TODAY)
    assert state(setting.office) == before


def test_receivers_days_end_with_the_post(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    setting.ben.period = period(day("01.01.2020"), day("30.06.2027"))
    setting.ben.save()

    plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    assert ("Ben", period(DAY, day("30.06.2027"))) in {row[3:] for row in state(setting.office)}


def test_receiver_without_a_post_on_that_day_is_refused(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    setting.ben.period = period(day("01.01.2020"), day("30.11.2026"))
    setting.ben.save()

    assert told(plan(setting.ada, Wish(adorf, setting.ben))) == [
        "Ben Muster hat eine Funktion bei der Stelle 01.01.2020 bis 30.11.2026, am 01.12.2026 nicht."
    ]


def test_who_is_in_the_way_is_named(setting: Setting) -> None:  # noqa: F811
    ending = setting.assign(setting.ada, setting.town, "01.01.2026", "15.11.2026")
    cem = ContactPersonFactory(office=setting.office, person=PersonFactory(given_name="Cem", family_name="Test"))
    setting.assign(cem, setting.town, "01.01.2027")

    assert told(plan(setting.ada, Wish(ending, setting.ben))) == ["Bereits hauptzuständig: Cem Test, ab 01.01.2027."]


def test_second_hand_over_of_a_planned_one_is_refused(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    adorf.refresh_from_db()

    assert told(plan(setting.ada, Wish(adorf, setting.ben), on=DAY - 3 * ONE_DAY)) == [
        "Für diese Zuständigkeit ist bereits eine Übergabe ab 01.12.2026 geplant."
    ]
    assert handed_over_from(setting.ada, TODAY) == []


@given(
    drawn=st.lists(st.tuples(periods_of_days, st.sampled_from(["ben", "cem"])), min_size=1, max_size=2),
    on=st.dates(datetime.date(2021, 1, 1), datetime.date(2029, 12, 31)),
    deputy=st.none() | periods_of_days,
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_shown_comes_of_it_and_cancelling_restores_it(
    setting: Setting,  # noqa: F811
    drawn: list[tuple[DateRange, str]],
    on: datetime.date,
    deputy: DateRange | None,
) -> None:
    with transaction.atomic():
        cem = ContactPersonFactory(office=setting.office, person=PersonFactory(given_name="Cem"))
        receivers = {"ben": setting.ben, "cem": cem}
        towns = [setting.town, setting.second_town]
        for town, (valid, _receiver) in zip(towns, drawn, strict=False):
            AssignmentFactory(contact_person=setting.ada, municipality=town, valid=valid)
        if deputy:
            AssignmentFactory(contact_person=setting.ben, municipality=setting.town, valid=deputy, role="deputy")
        before = state(setting.office)
        rows = Assignment.objects.filter(contact_person=setting.ada).with_details().order_by("pk")
        made = plan(
            setting.ada,
            *(Wish(row, receivers[receiver]) for row, (_valid, receiver) in zip(rows, drawn, strict=True)),
            on=on,
        )
        if made.is_possible:
            shown = {(o.assignment.municipality.name, "Ada", o.given) for o in made.outcomes if o.given}
            shown |= {
                (o.assignment.municipality.name, o.wish.receiver.person.given_name, o.received) for o in made.outcomes
            }
            handover = made.save(None)
            primary = {(row[0], row[3], row[4]) for row in state(setting.office) if row[2] == "primary"}
            assert primary == shown
            handover.cancel(on - ONE_DAY)
        else:
            assert deputy is not None
        assert state(setting.office) == before
        transaction.set_rollback(True)


# -- The database's own promises ----------------------------------------------------------------------------------


def test_only_posts_of_the_office_take_over(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026")
    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    with pytest.raises(ValidationError, match="anderen Stelle"), checked():
        HandoverTown.objects.create(
            handover=handover,
            office=setting.office,
            assignment=second,
            receiver=setting.elsewhere.contact_person,
        )


@pytest.mark.parametrize("changes", [{"day": DAY + ONE_DAY}, {"is_leaving": True}])
def test_planned_hand_over_is_not_edited(setting: Setting, adorf: Assignment, changes: dict[str, Any]) -> None:  # noqa: F811
    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Handover.objects.filter(pk=handover.pk).update(**changes)


def test_carried_out_hand_over_never_changes(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    handover = plan(setting.ada, Wish(adorf, setting.ben), note="Schlüssel am Empfang").save(None)
    handover.carry_out(DAY)

    for change in (
        lambda: Handover.objects.update(note="anders"),
        lambda: Handover.objects.update(state="planned"),
        lambda: HandoverTown.objects.update(note="anders"),
        lambda: HandoverTown.objects.all().delete(),
        lambda: HandoverTown.objects.create(
            handover=handover,
            office=setting.office,
            assignment=setting.assign(setting.ada, setting.second_town, "01.01.2026"),
            receiver=setting.ben,
        ),
    ):
        with pytest.raises(DatabaseError, match="contacts_handover_settled"), transaction.atomic():
            change()


def test_signature_stays(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    town = plan(setting.ada, Wish(adorf, setting.ben)).save(None).towns.get()
    first, second = UserFactory(), UserFactory()
    at = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)

    town.confirm("given", first, at)
    town.confirm("given", second, at + ONE_DAY)

    town.refresh_from_db()
    assert (town.given_by, town.given_at, town.received_at) == (first, at, None)
    with pytest.raises(DatabaseError, match="contacts_handover_settled"), transaction.atomic():
        HandoverTown.objects.update(given_at=None)


@pytest.mark.django_db(transaction=True)
def test_of_two_hand_overs_at_once_one_wins_and_the_other_is_told() -> None:
    setting = Setting()  # noqa: F811
    adorf = setting.assign(setting.ada, setting.town, "01.01.2026")
    cem = ContactPersonFactory(office=setting.office)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def hand_over(receiver: ContactPerson, *, locking: bool) -> None:
        try:
            with transaction.atomic():
                together.wait()
                if locking:
                    lock(setting.ada.pk)
                made = plan(setting.ada, Wish(Assignment.objects.with_details().get(pk=adorf.pk), receiver))
                if made.is_possible:
                    made.save(None)
                outcomes.append(" ".join(told(made)) or "planned")
        except ValidationError as error:
            outcomes.append(" ".join(error.messages))
        finally:
            connection.close()

    for locking in (True, False):
        outcomes.clear()
        threads = [
            threading.Thread(target=hand_over, args=[receiver], kwargs={"locking": locking})
            for receiver in (setting.ben, cem)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcome == "planned" for outcome in outcomes) == [False, True], outcomes
        refusal = next(outcome for outcome in outcomes if outcome != "planned")
        assert "Übergabe" in refusal or "gleichzeitig" in refusal or "Inzwischen" in refusal, refusal
        assert HandoverTown.objects.planned().count() == 1
        Handover.objects.get(state="planned").cancel(TODAY)


# -- Cancelling ---------------------------------------------------------------------------------------------------


def test_cancelling_restores_what_was(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026", "31.12.2027", role="deputy")
    before = state(setting.office)
    handover = plan(setting.ada, Wish(adorf, setting.ben), Wish(second, setting.ben)).save(None)
    assert state(setting.office) != before

    handover.cancel(DAY - ONE_DAY)

    handover.refresh_from_db()
    assert handover.state == Handover.State.CANCELLED
    assert state(setting.office) == before
    assert not HandoverTown.objects.planned().exists()
    assert [row.pk for row in handed_over_from(setting.ada, TODAY)] == [adorf.pk, second.pk]


@pytest.mark.parametrize("on", [DAY, DAY + 10 * ONE_DAY])
def test_cancelling_ends_with_the_day(setting: Setting, adorf: Assignment, on: datetime.date) -> None:  # noqa: F811
    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    planned = state(setting.office)

    with pytest.raises(ValidationError, match="nur bis zu ihrem Tag"):
        handover.cancel(on)
    assert state(setting.office) == planned


def test_cancelling_names_what_was_changed_since_and_changes_nothing(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    successor = Assignment.objects.get(contact_person=setting.ben)
    successor.end_on(day("31.12.2026"))
    planned = state(setting.office)

    with pytest.raises(ValidationError) as refused:
        handover.cancel(TODAY)

    assert refused.value.messages == [
        "Seit der Planung geändert: Adorf, Ben Muster, 01.12.2026 bis 31.12.2026. Bitte klären Sie das zuerst dort."
    ]
    handover.refresh_from_db()
    assert (state(setting.office), handover.state) == (planned, Handover.State.PLANNED)


def test_cancelling_names_who_would_be_in_the_way(setting: Setting) -> None:  # noqa: F811
    adorf = setting.assign(setting.ada, setting.town, "01.01.2026")
    handover = plan(setting.ada, Wish(adorf, None), is_leaving=True).save(None)
    setting.assign(setting.ben, setting.town, "01.12.2026")

    with pytest.raises(ValidationError, match=r"Ben Muster, ab 01\.12\.2026"):
        handover.cancel(TODAY)


def test_cancelled_hand_over_further_holds_nothing(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    cem = ContactPersonFactory(office=setting.office)
    before = state(setting.office)
    first = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    created = Assignment.objects.get(contact_person=setting.ben)
    plan(setting.ben, Wish(created, cem), on=day("01.01.2027")).save(None).cancel(TODAY)

    first.cancel(TODAY)

    assert state(setting.office) == before


@pytest.mark.parametrize("last", ["", "31.12.2026"])
def test_cancelling_names_the_hand_over_further(setting: Setting, last: str) -> None:  # noqa: F811
    cem = ContactPersonFactory(office=setting.office)
    adorf = setting.assign(setting.ada, setting.town, "01.01.2026", last or None)
    first = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    created = Assignment.objects.get(contact_person=setting.ben)
    plan(setting.ben, Wish(created, cem), on=day("01.02.2027")).save(None)
    planned = state(setting.office)

    with pytest.raises(ValidationError, match=r"Bereits weiter übergeben: Adorf.*Ben Muster, ab 01\.02\.2027"):
        first.cancel(TODAY)
    assert state(setting.office) == planned


def test_what_a_colleague_saved_meanwhile_stays(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    seen = ContactPerson.objects.get(pk=setting.ada.pk)
    ContactPerson.objects.filter(pk=seen.pk).update(is_published=False)

    handover = plan(seen, Wish(adorf, setting.ben), is_leaving=True).save(None)
    assert not ContactPerson.objects.get(pk=seen.pk).is_published
    [change] = handover.changes.of_cancelling().exclude(post=None)
    ContactPerson.objects.filter(pk=seen.pk).update(is_published=True)
    change.undo()

    stored = ContactPerson.objects.get(pk=seen.pk)
    assert (stored.is_published, stored.period) == (True, period(day("01.01.2020")))


@pytest.mark.parametrize("whose", ["post", "assignment", "deputy", "membership"])
def test_days_that_a_colleague_changed_meanwhile_are_not_overwritten(
    setting: Setting,  # noqa: F811
    adorf: Assignment,
    whose: str,
) -> None:
    setting.ada.person.user = UserFactory()
    rows = {
        "post": setting.ada,
        "assignment": adorf,
        "deputy": setting.assign(setting.ben, setting.town, "01.02.2026", role="deputy"),
        "membership": OfficeMembershipFactory(user=setting.ada.person.user, office=setting.office, period=OPEN),
    }
    made = plan(setting.ada, Wish(adorf, setting.ben), is_leaving=True)
    field = "valid" if isinstance(rows[whose], Assignment) else "period"
    days = period(day("01.01.2019")) if whose == "post" else period(BEFORE, day("31.12.2027"))
    type(rows[whose]).objects.filter(pk=rows[whose].pk).update(**{field: days})

    with pytest.raises(ValidationError, match="Inzwischen geändert"):
        made.save(None)

    assert getattr(type(rows[whose]).objects.get(pk=rows[whose].pk), field) == days
    assert not Handover.objects.exists()


# -- The day ------------------------------------------------------------------------------------------------------


class Errands:
    """A kind of open work for these tests: errands, of which some belong to a town."""

    def __init__(self) -> None:
        self.of: dict[int, ContactPerson] = {}
        self.towns: dict[int, Municipality | None] = {}
        self.passed: list[tuple[list[int], ContactPerson]] = []

    def add(self, pk: int, post: ContactPerson, town: Municipality | None = None) -> None:
        self.of[pk], self.towns[pk] = post, town

    def open_of(self, post: ContactPerson) -> list[open_work.Thing]:
        return [
            open_work.Thing(pk, f"Besorgung {pk}", f"/besorgungen/{pk}/", town.pk if (town := self.towns[pk]) else None)
            for pk, holder in self.of.items()
            if holder == post
        ]

    def pass_on(self, ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
        self.passed.append((sorted(ids), post))
        self.of |= dict.fromkeys(ids, post)


@pytest.fixture
def errands() -> Iterator[Errands]:
    kind = Errands()
    open_work.join(open_work.Kind("errands", "Besorgungen", kind.open_of, kind.pass_on))
    yield kind
    open_work.leave("errands")


def test_the_day_takes_what_is_open_then_once(setting: Setting, adorf: Assignment, errands: Errands) -> None:  # noqa: F811
    errands.add(1, setting.ada, setting.town)
    errands.add(2, setting.ada, setting.second_town)
    handover = plan(setting.ada, Wish(adorf, setting.ben)).save(None)
    errands.add(3, setting.ada, setting.town)

    assert carry_out_handovers(DAY - ONE_DAY) == "0 Übergaben durchgeführt."
    assert errands.passed == []
    assert carry_out_handovers(DAY) == "1 Übergabe durchgeführt."
    errands.add(4, setting.ada, setting.town)
    assert carry_out_handovers(DAY) == "0 Übergaben durchgeführt."

    assert errands.passed == [([1, 3], setting.ben)]
    handover.refresh_from_db()
    assert handover.state == Handover.State.CARRIED_OUT
    assert [(work.label, work.receiver) for work in handover.passed_work.all()] == [
        ("Besorgung 1", setting.ben),
        ("Besorgung 2", None),
        ("Besorgung 3", setting.ben),
    ]


def test_late_duty_makes_up_for_it(setting: Setting, adorf: Assignment, errands: Errands) -> None:  # noqa: F811
    errands.add(1, setting.ada, setting.town)
    plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    assert [handover.state for handover in carry_out_due(DAY + 5 * ONE_DAY)] == ["carried_out"]
    assert errands.passed == [([1], setting.ben)]


def test_work_without_a_town_goes_where_it_was_ticked(setting: Setting, adorf: Assignment, errands: Errands) -> None:  # noqa: F811
    cem = ContactPersonFactory(office=setting.office)
    errands.add(1, setting.ada)
    made = plan(setting.ada, Wish(adorf, setting.ben), kinds=["errands"], rest_to=cem)
    shown = [(thing.pk, receiver) for _kind, thing, receiver in made.open_things()]

    made.save(None).carry_out(DAY)

    assert shown == [(1, cem)]
    assert errands.passed == [([1], cem)]


def test_open_work_goes_to_whoever_took_over_from_a_receiver_who_left(
    setting: Setting,  # noqa: F811
    adorf: Assignment,
    errands: Errands,
) -> None:
    cem = ContactPersonFactory(office=setting.office)
    errands.add(1, setting.ada, setting.town)
    errands.add(2, setting.ada)
    plan(setting.ada, Wish(adorf, setting.ben), on=day("01.01.2027"), kinds=["errands"], rest_to=setting.ben).save(None)
    passed_on = [Wish(row, cem) for row in handed_over_from(setting.ben, TODAY)]
    plan(setting.ben, *passed_on, on=day("16.12.2026"), is_leaving=True, rest_to=cem).save(None)

    assert carry_out_handovers(day("01.01.2027")) == "2 Übergaben durchgeführt."

    assert errands.of == {1: cem, 2: cem}


def test_open_work_of_a_receiver_who_left_without_anybody_stays(
    setting: Setting,  # noqa: F811
    adorf: Assignment,
    errands: Errands,
) -> None:
    errands.add(1, setting.ada, setting.town)
    handover = plan(setting.ada, Wish(adorf, setting.ben), on=day("01.01.2027")).save(None)
    passed_on = [Wish(row, None) for row in handed_over_from(setting.ben, TODAY)]
    plan(setting.ben, *passed_on, on=day("02.01.2027"), is_leaving=True).save(None)

    assert handover.carry_out(day("02.01.2027"))

    assert errands.of == {1: setting.ada}


@pytest.mark.django_db(transaction=True)
def test_two_workers_pass_on_once(errands: Errands) -> None:
    setting = Setting()  # noqa: F811
    errands.add(1, setting.ada, setting.town)
    handover = plan(setting.ada, Wish(setting.assign(setting.ada, setting.town, "01.01.2026"), setting.ben)).save(None)
    together, done = threading.Barrier(2), []

    def work() -> None:
        try:
            mine = Handover.objects.get(pk=handover.pk)
            together.wait()
            done.append(mine.carry_out(DAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [False, True]
    assert errands.passed == [([1], setting.ben)]


# -- Leaving ------------------------------------------------------------------------------------------------------


def test_leaving_ends_post_towns_and_roles(setting: Setting, adorf: Assignment, errands: Errands) -> None:  # noqa: F811
    account = UserFactory()
    setting.ada.person.user = account
    setting.ada.person.save()
    here = OfficeMembershipFactory(user=account, office=setting.office, period=OPEN)
    elsewhere = OfficeMembershipFactory(user=account, period=OPEN)
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026")
    errands.add(1, setting.ada)
    before = state(setting.office)

    handover = plan(
        setting.ada, Wish(adorf, setting.ben), Wish(second, None), is_leaving=True, rest_to=setting.ben
    ).save(None)

    last = DAY - ONE_DAY
    assert ContactPerson.objects.get(pk=setting.ada.pk).period == period(day("01.01.2020"), last)
    assert OfficeMembership.objects.get(pk=here.pk).period == period(BEFORE, last)
    assert OfficeMembership.objects.get(pk=elsewhere.pk).period == OPEN
    assert {row for row in state(setting.office) if row[0] == "Bedorf"} == {
        ("Bedorf", "", "primary", "Ada", period(BEFORE, last))
    }
    handover.cancel(TODAY)
    assert state(setting.office) == before
    assert OfficeMembership.objects.get(pk=here.pk).period == OPEN
    assert ContactPerson.objects.get(pk=setting.ada.pk).period == period(day("01.01.2020"))


def test_leaving_passes_on_all_open_work(setting: Setting, adorf: Assignment, errands: Errands) -> None:  # noqa: F811
    errands.add(1, setting.ada)
    errands.add(2, setting.ada, setting.town)
    cem = ContactPersonFactory(office=setting.office)

    plan(setting.ada, Wish(adorf, setting.ben), is_leaving=True, rest_to=cem).save(None).carry_out(DAY)

    assert errands.open_of(setting.ada) == []
    assert sorted(errands.passed, key=lambda passed: passed[0]) == [([1], cem), ([2], setting.ben)]


def test_leaving_names_absences_to_mend(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    AbsenceFactory(contact_person=setting.ben, substitute=setting.ada, days=period(TODAY, DAY - ONE_DAY))
    later = AbsenceFactory(contact_person=setting.ben, substitute=setting.ada, days=period(DAY, DAY + 9 * ONE_DAY))

    assert plan(setting.ada, Wish(adorf, setting.ben), is_leaving=True).absences_to_mend() == [later]


def test_leaving_warns_when_nobody_is_left_in_charge(setting: Setting) -> None:  # noqa: F811
    setting.ada.person.user = setting.administrator
    setting.ada.person.save()

    assert plan(setting.ada, is_leaving=True).leaves_nobody_in_charge()
    OfficeMembershipFactory(office=setting.office, role="administrator")
    assert not plan(setting.ada, is_leaving=True).leaves_nobody_in_charge()


def test_leaving_before_a_planned_hand_over_is_refused(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    plan(setting.ada, Wish(adorf, setting.ben)).save(None)

    assert told(plan(setting.ada, is_leaving=True, on=DAY - 7 * ONE_DAY)) == [
        "Adorf soll erst am 01.12.2026 übergeben werden. Bitte sagen Sie diese Übergabe zuerst ab."
    ]


def test_leaving_names_the_hand_over_by_which_a_town_comes(setting: Setting) -> None:  # noqa: F811
    later = setting.assign(setting.ada, setting.town, "01.03.2027")
    plan(setting.ada, Wish(later, setting.ben)).save(None)
    names_it = [
        "Adorf kommt aus der noch geplanten Übergabe von Ada Beispiel ab 01.12.2026. Bitte sagen Sie diese zuerst ab."
    ]

    assert told(plan(setting.ben, is_leaving=True, on=day("01.04.2027"))) == names_it
    later.refresh_from_db()
    assert told(plan(setting.ben, Wish(later, setting.ada), on=day("01.04.2027"))) == names_it


def test_whoever_has_left_leaves_no_second_time(setting: Setting, errands: Errands) -> None:  # noqa: F811
    gone = ContactPersonFactory(office=setting.office, period=period(day("01.01.2020"), day("31.12.2021")))

    assert told(plan(gone, is_leaving=True)) == [
        "Damit würde sich nichts ändern: Die Funktion endet bereits (01.01.2020 bis 31.12.2021)."
    ]
    errands.add(1, gone)
    assert plan(gone, is_leaving=True, rest_to=setting.ben).is_possible


def test_end_of_the_receivers_post_with_nobody_following_is_told(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    setting.ben.period = period(day("01.01.2020"), day("30.06.2027"))
    setting.ben.save()
    as_long = setting.assign(setting.ada, setting.second_town, "01.01.2026", "30.06.2027")

    made = plan(setting.ada, Wish(adorf, setting.ben), Wish(as_long, setting.ben))

    assert [outcome.nobody_from for outcome in made.outcomes] == [day("01.07.2027"), None]


def test_end_of_the_receivers_post_is_no_matter_where_somebody_follows(setting: Setting) -> None:  # noqa: F811
    ending = setting.assign(setting.ada, setting.town, "01.01.2026", "15.11.2026")
    setting.ben.period = period(day("01.01.2020"), day("30.06.2027"))
    setting.ben.save()
    setting.assign(ContactPersonFactory(office=setting.office), setting.town, "01.07.2027")

    assert [outcome.nobody_from for outcome in plan(setting.ada, Wish(ending, setting.ben)).outcomes] == [None]
