"""The demonstration's requests at the invented office, from the first word to the feedback, and last year's report.

Everything is done by the verbs that people use, each on its day, so that numbers, assignments and days to answer by are
what the portal makes of them.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from accounts import demo as accounts
from accounts.models import User
from common.outbox import Message
from common.periods import BERLIN, ONE_DAY
from contacts.models import ContactPerson, Office
from forums.models import Forum, Meeting
from integration_portal.demo_facts import Facts, chosen, facts
from municipalities.models import Municipality
from municipalities.working_days import public_holidays
from services.models import Delivery, Feedback, MeetingEffort, Report, ServiceOffering, ServiceRequest

BEGINS, BETWEEN = datetime.time(9), datetime.timedelta(minutes=35)
EFFORT_KNOWN_FOR = 500  # days
SAYS = ("subject", "concern", "cause", "audience", "head_count", "wished_dates", "place", "existing", "funding")


def load(on: datetime.date) -> None:
    """Enter them; the catalogue, the forums and the accounts must be there."""
    office = Office.objects.get(is_invented=True)
    _Requests(office, on).enter()
    _note_efforts(office, on)
    _report(office, on)
    # Whoever reads the demonstration's mail does not want the post of two years.
    Message.objects.filter(occasion__startswith="services.").delete()


class _Requests:
    """Enters requests one after the other, counted from one day."""

    def __init__(self, office: Office, on: datetime.date) -> None:
        self.office, self.on = office, on
        self.closed = public_holidays(office.state)
        self.offerings = {offering.title: offering for offering in ServiceOffering.objects.filter(office=office)}
        self.towns = {town.name: town for town in office.municipalities_ever()}
        posts = ContactPerson.objects.filter(office=office).select_related("person__user")
        self.posts = {str(post): post for post in posts}
        self.users = {user.email: user for user in User.objects.all()}

    def enter(self) -> None:
        for entry in facts("requests"):
            request = self._begin(entry)
            if entry.get("is_draft"):
                continue
            request.submit(self._moment(entry["at"], 1))
            for place, step in enumerate(entry["steps"], start=2):
                self._do(step, request, self._moment(step["at"], place))
            if "forum" in entry:
                at = self._moment(entry["steps"][-1]["at"], len(entry["steps"]) + 2)
                forum = Forum.objects.get(office=self.office, name=entry["forum"])
                request.found(forum, at, by=self._working_on(request))
            if "delivery" in entry:
                self._deliver(entry["delivery"], request)
            if "feedback" in entry:
                Feedback.objects.create(
                    request=request,
                    given_at=self._moment(entry["feedback"]["at"]),
                    **chosen(entry["feedback"], "helped", "went_well", "remark"),
                )

    def _day(self, count: int) -> datetime.date:
        """That day or, as the office works on none of these, the last working day before a weekend or holiday."""
        day = self.on + count * ONE_DAY
        while day.weekday() > 4 or day in self.closed:
            day -= ONE_DAY
        return day

    def _moment(self, count: int, place: int = 0) -> datetime.datetime:
        """In the morning of that day, later things later."""
        return datetime.datetime.combine(self._day(count), BEGINS, BERLIN) + place * BETWEEN

    def _begin(self, entry: Facts) -> ServiceRequest:
        offering = self.offerings[entry["offering"]]
        town: Municipality | None = self.towns[entry["town"]] if "town" in entry else None
        is_from_outside = entry.get("channel", "portal") != "portal"
        request = ServiceRequest(
            offering=offering,
            municipality=town,
            account=self.users[entry["account"]] if "account" in entry else None,
            requester_name=entry["name"],
            requester_email=entry["email"],
            requester_phone=entry.get("phone", ""),
            requester_body=entry.get("body", ""),
            answer_by=self._day(entry["answer_by"]) if "answer_by" in entry else None,
            entered_by=self.users[accounts.COORDINATION.email] if is_from_outside else None,
            **chosen(entry, *SAYS, "asks_for", "channel"),
        ).begin(self._moment(entry["at"]))
        replies = zip(offering.questions.all(), entry.get("replies", []), strict=False)
        request.tell((question, question.wording, reply) for question, reply in replies)
        return request

    def _do(self, step: Facts, request: ServiceRequest, at: datetime.datetime) -> None:
        text, by = step.get("text", ""), self._working_on(request)
        verbs: Mapping[str, Callable[[], Any]] = {
            "accept": lambda: request.accept(at, by=by, text=text),
            "start": lambda: request.start(at, by=by),
            "answer": lambda: request.answer(text, at, by=by),
            "ask_back": lambda: request.ask_back(text, at, by=by),
            "note": lambda: request.note(text, at, by=by),
            "assign": lambda: request.assign(self.posts[step["to"]], at, by=by),
            "schedule": lambda: request.schedule(
                self._moment(step["for"], 2), at, by=by, place=step.get("place"), text=text
            ),
            "complete": lambda: request.complete(at, by=by, text=text),
            "decline": lambda: request.decline(text, at, by=by),
            "pass_on": lambda: request.pass_on(step["body"], at, by=by, text=text),
            "reopen": lambda: request.reopen(at, by=by, text=text),
            "reply": lambda: request.reply(text, at, by=request.account),
            "withdraw": lambda: request.withdraw(at, by=request.account, text=text),
        }
        verbs[step["do"]]()

    def _working_on(self, request: ServiceRequest) -> User:
        """The sign-in of whoever it is assigned to, or the lead's."""
        post = request.assigned_to
        return (post and post.person.user) or self.users[accounts.LEAD.email]

    def _deliver(self, entry: Facts, request: ServiceRequest) -> None:
        delivery = Delivery.of(request, self._day(entry["on"]))
        delivery.held_on = self._day(entry["on"])
        said = {"place": request.place, **entry}
        for name, value in chosen(said, "place", "hours", "cost", "participants", "cooperation", "result").items():
            setattr(delivery, name, value)
        delivery.save()


def _note_efforts(office: Office, on: datetime.date) -> None:
    """Hours of preparing, leading and logging meetings, and the cost of rooms and drinks."""
    meetings = Meeting.objects.filter(forum__office=office, state=Meeting.State.HELD, forum__is_elsewhere=False)
    known = meetings.filter(starts_at__date__gte=on - EFFORT_KNOWN_FOR * ONE_DAY).order_by("starts_at", "pk")
    MeetingEffort.objects.bulk_create(
        MeetingEffort(office=office, meeting=meeting, hours=4 + number % 5 / 2, cost=number % 3 * 20)
        for number, meeting in enumerate(known)
    )


def _report(office: Office, on: datetime.date) -> None:
    """Written by the lead in January, with what the portal filled in and a few sentences."""
    report = Report.begin(office, on.year - 1, on)
    words = {entry["heading"]: entry["text"].strip() for entry in facts("report_parts")}
    for block in report.blocks.filter(heading__in=words):
        block.text = words[block.heading]
        block.save()
    finished = min(datetime.date(on.year, 1, 20), on)
    at = datetime.datetime.combine(finished, datetime.time(0, 5), BERLIN)
    report.freeze(at, by=User.objects.get(email=accounts.LEAD.email))
