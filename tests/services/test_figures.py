"""The figures: what counts when, for which town, offering, field, task and person, and against the year before."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from common.periods import BERLIN, ONE_DAY, period
from contacts.merging import Merge
from contacts.models import Office
from forums.models import Forum
from municipalities.models import Municipality, Succession
from services import comparison, figures
from services.figures import NONE, Figures, Row, Span, Values
from services.models import Feedback, MeetingEffort, ServiceOffering, ServiceRequest
from tests.factories import (
    ContactPersonFactory,
    DeliveryFactory,
    DistrictFactory,
    FeedbackFactory,
    FieldOfActionFactory,
    ForumFactory,
    MeetingFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeTaskFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    StateFactory,
)

compared = pytest.mark.usefixtures("kept_queries_compared")
TODAY = datetime.date(2026, 11, 2)
YEAR = Span(2026)


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime.datetime:
    return datetime.datetime(year, month, day, hour, 0, tzinfo=BERLIN)


@pytest.fixture
def office(db: None) -> Office:
    return OfficeFactory.create(areas=[DistrictFactory(state=StateFactory(ags="05"))])


@pytest.fixture
def town(office: Office) -> Municipality:
    return MunicipalityFactory.create(district=office.areas.get().district, name="Adorf")


@pytest.fixture
def offering(office: Office) -> ServiceOffering:
    return ServiceOfferingFactory.create(
        office=office, counts_for=FieldOfActionFactory(office=office), task=OfficeTaskFactory(office=office)
    )


def received(
    offering: ServiceOffering, town: Municipality | None, when: datetime.datetime, **fields: Any
) -> ServiceRequest:
    request = ServiceRequestFactory.create(offering=offering, municipality=town, **fields)
    request.submit(when)
    return request


def row(found: Figures, dimension: str, key: object) -> Values:
    [values] = [row.values for row in found.rows[dimension] if row.key == str(key)]
    return values


def counts(values: Values) -> dict[str, int]:
    names = ("received", "open", "completed", "declined", "passed_on", "withdrawn")
    return {name: getattr(values, name) for name in names if getattr(values, name)}


def meeting(forum: Forum, when: datetime.datetime, office: Office | None = None, hours: str = "") -> None:
    held = MeetingFactory.create(forum=forum, starts_at=when)
    held.hold()
    if hours:
        effort = {"hours": Decimal(hours), "cost": Decimal("10.00")}
        MeetingEffort.objects.create(office=office or forum.office, meeting=held, **effort)


# -- Requests -----------------------------------------------------------------------------------------------------


def test_requests_count_where_they_came_and_where_they_were_closed(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    of_last_year = received(offering, town, at(12, 1, year=2025))
    of_last_year.complete(at(1, 7), by=None)
    declined, passed_on, withdrawn, _open = (received(offering, town, at(2, 2)) for _ in range(4))
    declined.decline("Zu kurzfristig.", at(2, 3), by=None)
    passed_on.pass_on("Volkshochschule", at(2, 3), by=None)
    withdrawn.withdraw(at(5, 4))

    year, before = figures.of(office, YEAR, TODAY), figures.of(office, Span(2025), TODAY)

    expected = {"received": 4, "open": 1, "completed": 1, "declined": 1, "passed_on": 1, "withdrawn": 1}
    assert counts(year.total) == expected
    assert counts(before.total) == {"received": 1, "open": 1}  # at the end of that year
    spring, summer = (figures.of(office, Span(2026, number), TODAY).total for number in (1, 2))
    assert (spring.open, spring.withdrawn, summer.open, summer.withdrawn) == (2, 0, 1, 1)


def test_drafts_and_other_offices_do_not_count(office: Office, town: Municipality, offering: ServiceOffering) -> None:
    ServiceRequestFactory.create(offering=offering, municipality=town)
    received(ServiceOfferingFactory.create(), town, at(2, 2))
    DeliveryFactory.create(held_on=at(2, 2).date())
    assert figures.of(office, YEAR, TODAY).total == NONE


def test_year_is_that_of_berlin(office: Office, town: Municipality, offering: ServiceOffering) -> None:
    received(offering, town, datetime.datetime(2025, 12, 31, 23, 30, tzinfo=datetime.UTC))
    assert figures.of(office, YEAR, TODAY).total.received == 1


def test_requests_count_for_town_offering_its_field_and_task_and_whoever_has_them(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    post = ContactPersonFactory.create(office=office)
    received(offering, town, at(2, 2)).assign(post, at(2, 3), by=None)
    received(ServiceOfferingFactory.create(office=office), None, at(2, 2))

    found = figures.of(office, YEAR, TODAY)

    for dimension, key in (
        ("town", town.ags),
        ("offering", offering.pk),
        ("field", offering.counts_for_id),
        ("task", offering.task_id),
        ("post", post.pk),
    ):
        assert row(found, dimension, key).received == 1, dimension
        assert sum(each.values.received for each in found.rows[dimension]) == 2, dimension
    assert (found.rows["town"][-1].key, found.rows["town"][-1].values.received) == ("", 1)


def test_requests_go_on_counting_for_what_the_offering_counted_for_when_they_came(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    field, task = offering.counts_for_id, offering.task_id
    received(offering, town, at(2, 2))
    offering.counts_for, offering.task = (
        FieldOfActionFactory.create(office=office),
        OfficeTaskFactory.create(office=office),
    )
    offering.save()
    received(ServiceOffering.objects.get(), town, at(2, 3))

    found = figures.of(office, YEAR, TODAY)

    assert [row(found, "field", key).received for key in (field, offering.counts_for_id)] == [1, 1]
    assert [row(found, "task", key).received for key in (task, offering.task_id)] == [1, 1]


def test_request_counts_for_nothing_of_another_office(offering: ServiceOffering, town: Municipality) -> None:
    request = received(offering, town, at(2, 2))
    for name, foreign in (("field", FieldOfActionFactory.create()), ("task", OfficeTaskFactory.create())):
        with pytest.raises(IntegrityError, match=f"services_servicerequest_{name}_of_office"), transaction.atomic():
            ServiceRequest.objects.filter(pk=request.pk).update(**{name: foreign})


@compared
def test_towns_that_asked_for_nothing_stand_in_the_table(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    quiet = MunicipalityFactory.create(district=town.district, name="Bedorf")
    gone = MunicipalityFactory.create(
        district=town.district, name="Cedorf", period=period(None, at(12, 31, year=2020).date())
    )
    received(offering, town, at(2, 2))
    rows = figures.of(office, YEAR, TODAY).rows["town"]
    assert [(each.key, bool(each.values)) for each in rows] == [(town.ags, True), (quiet.ags, False)]
    assert gone.ags not in {each.key for each in rows}


# -- How long it took ---------------------------------------------------------------------------------------------


def test_response_counts_working_days_without_holidays(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    # Thursday before Easter 2026; Friday and Monday are holidays: five working days end on Monday, the 13th.
    in_time, late, unanswered = (received(offering, town, at(4, 2)) for _ in range(3))
    in_time.answer("Gern.", at(4, 8), by=None)  # the second working day
    late.answer("Verzeihung.", at(4, 14), by=None)  # the sixth

    total = figures.of(office, YEAR, TODAY).total

    assert unanswered.due_on == datetime.date(2026, 4, 13)
    assert (total.answered, total.answer_days) == (2, 2 + 6)
    assert (total.in_time, total.late) == (1, 2)
    assert total.mean_answer_days == Decimal("4.0")
    assert total.share_in_time == Decimal("33.3")


def test_the_clock_stands_while_the_requester_is_asked(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    request = received(offering, town, at(3, 2))  # a Monday, due on the 9th
    request.ask_back("Für wie viele Menschen?", at(3, 4), by=None)
    request.reply("Für dreißig.", at(3, 23))
    request.answer("Gern.", at(3, 24), by=None)

    total = figures.of(office, YEAR, TODAY).total

    assert (total.in_time, total.late) == (1, 0)
    assert total.answer_days == 2  # Tuesday the 3rd and Tuesday the 24th, not the sixteen that passed


def test_a_question_asked_when_the_day_is_past_makes_nothing_good(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    request = received(offering, town, at(3, 2))  # due on the 9th
    request.ask_back("Für wie viele Menschen?", at(3, 16), by=None)
    assert figures.of(office, YEAR, TODAY).total.late == 1
    request.reply("Für dreißig.", at(3, 17))
    assert figures.of(office, YEAR, TODAY).total.late == 1
    request.answer("Gern.", at(3, 18), by=None)

    total = figures.of(office, YEAR, TODAY).total

    assert (total.answered, total.in_time, total.late) == (1, 0, 1)
    assert total.answer_days == 5 + 4 + 1  # until it was due, until it was asked, after the reply


@pytest.mark.parametrize(("asked_on", "days", "late"), [(4, 1, 0), (16, 5 + 4, 1)])
@pytest.mark.parametrize(
    "answer",
    [
        lambda request: request.answer("Gern.", at(3, 31), by=None),
        lambda request: request.schedule(at(5, 5), at(3, 31), by=None),
        lambda request: request.complete(at(3, 31), by=None),
        lambda request: request.decline("Zu weit.", at(3, 31), by=None),
        lambda request: request.pass_on("Volkshochschule", at(3, 31), by=None),
    ],
)
def test_what_is_answered_without_the_reply_took_no_longer_than_until_the_question(
    offering: ServiceOffering, answer: Callable[[ServiceRequest], None], asked_on: int, days: int, late: int
) -> None:
    request = received(offering, None, at(3, 2))  # due on the 9th
    request.ask_back("Für wie viele Menschen?", at(3, asked_on), by=None)
    answer(request)
    total = figures.of(offering.office, YEAR, TODAY).total
    assert (total.answered, total.answer_days, total.late, total.in_time) == (1, days, late, 1 - late)


def test_a_reply_after_the_answer_changes_nothing(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    request = received(offering, town, at(3, 2))
    request.ask_back("Für wie viele Menschen?", at(3, 5), by=None)
    request.answer("Für bis zu dreißig gern.", at(3, 6), by=None)
    request.reply("Für zwanzig.", at(3, 31))
    total = figures.of(office, YEAR, TODAY).total
    assert (request.due_on, total.in_time, total.late) == (None, 1, 0)
    assert total.answer_days == 2  # the 3rd and the 4th


def test_days_with_several_questions_count_once(office: Office, town: Municipality, offering: ServiceOffering) -> None:
    request = received(offering, town, at(3, 2))
    request.ask_back("Wann?", at(3, 2, 11), by=None)  # on the day of receipt
    request.reply("Im Mai.", at(3, 4))
    request.ask_back("Für wie viele?", at(3, 4), by=None)  # on the day of the reply
    request.reply("Für zwanzig.", at(3, 6))
    assert request.due_on == at(3, 13).date()
    request.answer("Gern.", at(3, 10), by=None)
    assert figures.of(office, YEAR, TODAY).total.answer_days == 2  # Monday and Tuesday


def test_unanswered_requests_are_not_late_before_their_day(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    due_on = received(offering, town, at(3, 2)).due_on
    assert figures.of(office, YEAR, due_on).total.late == 0
    assert figures.of(office, YEAR, due_on + ONE_DAY).total.late == 1


@pytest.mark.parametrize(
    ("asks_on", "day", "late"),
    [(None, 9, 0), (None, 10, 1), (4, 31, 0), (10, 31, 1)],
    ids=["on its day", "after it", "asked in time", "asked after it"],
)
def test_what_was_overdue_stays_late_when_it_is_withdrawn(
    offering: ServiceOffering, asks_on: int | None, day: int, late: int
) -> None:
    request = received(offering, None, at(3, 2))  # due on the 9th
    if asks_on:
        request.ask_back("Für wie viele Menschen?", at(3, asks_on), by=None)
    request.withdraw(at(3, day))
    total = figures.of(offering.office, YEAR, TODAY).total
    assert (total.withdrawn, total.answered, total.late) == (1, 0, late)


def test_lead_time_runs_from_receipt_to_completion(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    for days in (10, 21):
        request = received(offering, town, at(3, 2))
        request.complete(at(3, 2) + datetime.timedelta(days=days), by=None)
    received(offering, town, at(3, 2)).decline("Zu kurzfristig.", at(6, 1), by=None)
    total = figures.of(office, YEAR, TODAY).total
    assert (total.lead_days, total.mean_lead_days) == (31, Decimal("15.5"))


# -- What was done ------------------------------------------------------------------------------------------------


def test_deliveries_count_on_their_day_by_what_they_say_themselves(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    other = FieldOfActionFactory.create(office=office)
    DeliveryFactory.create(office=office, municipality=town, offering=offering, field=other)
    DeliveryFactory.create(office=office, municipality=town, offering=offering, participants=None)
    DeliveryFactory.create(office=office, held_on=datetime.date(2025, 12, 31))

    found = figures.of(office, YEAR, TODAY)

    done = Values(deliveries=2, hours=Decimal("7.00"), cost=Decimal("240.00"), participants=25)
    assert found.total == row(found, "town", town.ags) == row(found, "offering", offering.pk) == done
    assert row(found, "field", other.pk).deliveries == 1
    assert row(found, "field", offering.counts_for_id) == NONE


@compared
def test_meetings_count_for_each_of_their_towns_and_once_in_all(office: Office, town: Municipality) -> None:
    second = MunicipalityFactory.create(district=town.district)
    meeting(ForumFactory.create(office=office, about=[town, second]), at(3, 2), hours="2.00")
    meeting(ForumFactory.create(office=office, about=[town]), at(3, 2), hours="1.50")
    meeting(ForumFactory.create(office=office, district=town.district), at(3, 2))
    MeetingFactory.create(forum=ForumFactory.create(office=office, about=[town]))  # was not held

    found = figures.of(office, YEAR, TODAY)

    assert (found.total.meetings, found.total.hours) == (3, Decimal("3.50"))
    assert (row(found, "town", town.ags).meetings, row(found, "town", town.ags).hours) == (3, Decimal("1.50"))
    assert (row(found, "town", second.ags).meetings, row(found, "town", second.ags).hours) == (2, 0)
    assert sum(each.values.hours for each in found.rows["town"]) == found.total.hours


@compared
def test_meetings_count_for_fields_and_the_task_of_the_office(office: Office, town: Municipality) -> None:
    field, task = FieldOfActionFactory.create(office=office), OfficeTaskFactory.create(office=office)
    forum = ForumFactory.create(office=office, task=task)
    forum.field_links.create(field=field)
    meeting(forum, at(3, 2), hours="2.00")
    found = figures.of(office, YEAR, TODAY)
    once = Values(meetings=1, hours=Decimal("2.00"), cost=Decimal("10.00"))
    assert row(found, "field", field.pk) == row(found, "task", task.pk) == found.total == once


@compared
def test_partner_office_counts_its_own_effort_alone(office: Office, town: Municipality) -> None:
    partner = OfficeFactory.create()
    forum = ForumFactory.create(office=office, about=[town], partner_offices=[partner])
    meeting(forum, at(3, 2), hours="2.00")
    MeetingEffort.objects.create(office=partner, meeting=forum.meetings.get(), hours=Decimal("5.00"))
    of_both = [figures.of(each, YEAR, TODAY).total for each in (office, partner)]
    assert [(total.meetings, total.hours) for total in of_both] == [(1, Decimal("2.00")), (1, Decimal("5.00"))]


def test_feedback_counts_when_it_was_given_with_average_and_distribution(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    for helped in (5, 5, 2):
        FeedbackFactory.create(request=received(offering, town, at(12, 1, year=2025)), helped=helped)
    late: Feedback = FeedbackFactory.create(request=received(offering, town, at(3, 2)), given_at=at(1, 2, year=2027))
    found = row(figures.of(office, YEAR, TODAY), "offering", offering.pk)
    assert found.helped == (0, 1, 0, 0, 2)
    assert (found.feedbacks, found.mean_helped, found.mean_went_well) == (3, Decimal("4.0"), Decimal("5.0"))
    assert late.request.office == office


def test_feedback_of_the_last_permitted_hour_counts_after_a_change_of_clocks(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    request = received(offering, town, at(1, 2))
    request.complete(at(1, 30, hour=23) + datetime.timedelta(minutes=50), by=None)
    request.refresh_from_db()
    Feedback.give(request, at(4, 1, hour=0), helped=4, went_well=5, remark="Mehr Zeit für Fragen.")
    found = figures.several(office, {Span(2026, 1): (), Span(2026, 2): ()}, TODAY)
    assert [found[Span(2026, quarter)].total.feedbacks for quarter in (1, 2)] == [0, 1]
    assert figures.of(office, Span(2026, 2), TODAY, ()).total.helped == (0, 0, 0, 1, 0)


def test_feedback_counts_where_it_was_given_after_a_request_was_reopened(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    request = received(offering, town, at(1, 2, year=2025))
    request.complete(at(1, 7, year=2025), by=None)
    Feedback.give(request, at(1, 8, year=2025), helped=2, went_well=2, remark="")
    request.reopen(at(1, 9, year=2026), by=None)
    of_both = [figures.of(office, Span(year), TODAY).total for year in (2025, 2026)]
    assert [(total.feedbacks, total.open) for total in of_both] == [(1, 1), (0, 1)]
    request.complete(at(1, 12, year=2026), by=None)
    assert [figures.of(office, Span(year), TODAY).total.feedbacks for year in (2025, 2026)] == [1, 0]


# -- All together -------------------------------------------------------------------------------------------------


def test_quarters_stand_beside_one_another_as_far_as_they_have_begun(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    for month in (2, 3, 8):
        received(offering, town, at(month, 2))
    rows = figures.of(office, YEAR, datetime.date(2026, 8, 31), ("quarter",)).rows["quarter"]
    assert [(each.key, each.values.received) for each in rows] == [("1", 2), ("2", 0), ("3", 1)]


@compared
def test_several_spans_give_what_each_gives_by_itself(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    forum = ForumFactory.create(office=office, about=[town])
    for year in (2024, 2025, 2026):
        for month in (3, 4, 12):
            request = received(offering, town, at(month, 31 if month != 4 else 30, 23, year))
            FeedbackFactory.create(request=request, given_at=at(month, 1, 0, year))
            DeliveryFactory.create(office=office, municipality=town, held_on=datetime.date(year, month, 1))
            meeting(forum, at(month, 1, 0, year), office, hours="1.50")
    wanted = {Span(2026): ("town", "quarter"), Span(2025, 4): ("offering",), Span(2025): ()}
    found = figures.several(office, wanted, TODAY)
    assert found == {span: figures.of(office, span, TODAY, dimensions) for span, dimensions in wanted.items()}
    assert found[Span(2025)].total.received == found[Span(2025)].total.meetings == 3
    assert found[Span(2025, 4)].total.deliveries == found[Span(2025, 4)].total.feedbacks == 1


def test_spans_end_with_their_last_day() -> None:
    assert (Span(2026).first, Span(2026).last) == (datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
    assert (Span(2026, 4).first, Span(2026, 4).last) == (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    assert Span(2028, 1).last == datetime.date(2028, 3, 31)


def test_figures_come_back_from_json_as_they_were(
    office: Office, town: Municipality, offering: ServiceOffering
) -> None:
    FeedbackFactory.create(request=received(offering, town, at(3, 2)))
    DeliveryFactory.create(office=office, municipality=town, hours=Decimal("0.25"))
    found = figures.of(office, YEAR, TODAY)
    assert Figures.from_json(found.as_json()) == found


def test_figures_cost_the_same_queries_with_many_rows(
    office: Office, town: Municipality, offering: ServiceOffering, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def fill() -> None:
        place = MunicipalityFactory.create(district=town.district)
        of_field = ServiceOfferingFactory.create(office=office, counts_for=FieldOfActionFactory(office=office))
        request = received(of_field, place, at(3, 2))
        request.assign(ContactPersonFactory.create(office=office), at(3, 3), by=None)
        FeedbackFactory.create(request=request)
        DeliveryFactory.create(office=office, municipality=place, offering=of_field)
        forum = ForumFactory.create(office=office, about=[place])
        forum.field_links.create(field=of_field.counts_for)
        meeting(forum, at(3, 2), hours="1.00")
        meeting(ForumFactory.create(office=office, district=town.district), at(3, 2))

    fill()
    with django_assert_num_queries(12):
        figures.of(office, YEAR, TODAY)
    for _ in range(8):
        fill()
    with django_assert_num_queries(12):
        assert figures.of(office, YEAR, TODAY).total.received == 9


# -- Compared with the year before --------------------------------------------------------------------------------


def of_towns(year: int, **received: int) -> Figures:
    rows = [Row(ags, name, Values(received=count)) for name, count in received.items() for ags in [AGS[name]]]
    return Figures(Span(year), datetime.date(year, 12, 31), NONE, {"town": rows})


AGS = {"Adorf": "05001001", "Bedorf": "05001002", "Neustadt": "05001003", "Ganzneu": "05001004"}


@pytest.fixture
def towns(db: None) -> dict[str, Municipality]:
    district = DistrictFactory.create(ags="05001")
    return {name: MunicipalityFactory.create(district=district, ags=ags, name=name) for name, ags in AGS.items()}


def change(towns: dict[str, Municipality], old: str, new: str, on: datetime.date, kind: str = "merged") -> None:
    Succession.objects.create(predecessor=towns[old], successor=towns[new], took_effect_on=on, kind=kind)


def test_merged_towns_are_added_up_under_the_new_one(towns: dict[str, Municipality]) -> None:
    for old in ("Adorf", "Bedorf"):
        change(towns, old, "Neustadt", datetime.date(2026, 1, 1))
    pairs = comparison.compared(of_towns(2026, Neustadt=4), of_towns(2025, Adorf=2, Bedorf=3), "town")
    assert [(pair.name, pair.now.received, pair.before.received) for pair in pairs] == [("Neustadt", 4, 5)]


def test_several_changes_of_a_town_are_followed(towns: dict[str, Municipality]) -> None:
    change(towns, "Adorf", "Neustadt", datetime.date(2025, 7, 1))
    change(towns, "Neustadt", "Ganzneu", datetime.date(2026, 1, 1), kind="rekeyed")
    pairs = comparison.compared(of_towns(2026, Ganzneu=1), of_towns(2025, Adorf=2, Neustadt=3), "town")
    assert [(pair.name, pair.now.received, pair.before.received) for pair in pairs] == [("Ganzneu", 1, 5)]


def test_changes_after_the_period_and_divisions_leave_towns_apart(towns: dict[str, Municipality]) -> None:
    change(towns, "Adorf", "Neustadt", datetime.date(2027, 1, 1))
    change(towns, "Bedorf", "Neustadt", datetime.date(2026, 1, 1), kind="divided")
    change(towns, "Bedorf", "Ganzneu", datetime.date(2026, 1, 1), kind="divided")
    pairs = comparison.compared(of_towns(2026, Neustadt=4), of_towns(2025, Adorf=2, Bedorf=3), "town")
    assert {pair.name: (pair.now.received, pair.before.received) for pair in pairs} == {
        "Neustadt": (4, 0),
        "Adorf": (0, 2),
        "Bedorf": (0, 3),
    }


def test_posts_that_became_one_are_added_up(office: Office) -> None:
    stays, goes = (ContactPersonFactory.create(office=office, period=period(at(1, 1).date())) for _ in range(2))
    before = [Row(str(post.pk), post.person.name, Values(received=count)) for post, count in ((stays, 2), (goes, 3))]
    name = stays.person.name
    Merge(stays.person, goes.person).carry_out({})
    now = [Row(str(stays.pk), name, Values(received=4))]
    pairs = comparison.compared(*(Figures(YEAR, TODAY, NONE, {"post": rows}) for rows in (now, before)), "post")
    assert [(pair.name, pair.now.received, pair.before.received) for pair in pairs] == [(name, 4, 5)]


def test_people_are_told_apart_by_their_post_and_keep_the_name_of_then(db: None) -> None:
    now = Figures(Span(2026), TODAY, NONE, {"post": [Row("7", "Erika Neuname", Values(received=1))]})
    rows = [Row("7", "Erika Altname", Values(received=2)), Row("8", "Fort Gegangen", Values(received=3))]
    pairs = comparison.compared(now, Figures(Span(2025), TODAY, NONE, {"post": rows}), "post")
    assert [(pair.name, pair.now.received, pair.before.received) for pair in pairs] == [
        ("Erika Neuname", 1, 2),
        ("Fort Gegangen", 0, 3),
    ]
