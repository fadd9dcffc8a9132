"""What the lists of offerings, requests, deliveries and reports mean.

`visible_to(user)` is what the account may read today: a request is seen by who asked, by the town hall in whose name
it was asked, and by the office; what is internal by the office alone. `administered_by(user)` is what it may edit in
the admin.
"""

import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import ngettext

from common.kept_queries import KeptQuery
from common.periods import ONE_DAY, midnight
from common.sort_keys import SortKey, Word, holding, words_of
from contacts.querysets import OfOffice, OverPeriod
from contacts.rules import standing
from services.models.states import BEFORE, FEEDBACK_WITHIN, OPEN

if TYPE_CHECKING:
    from contacts.models import Office
    from municipalities.models import Municipality
    from services.models import (  # noqa: F401 - what the querysets hold
        AnswerTemplate,
        Delivery,
        Feedback,
        MeetingEffort,
        Report,
        RequestEntry,
        RequestFile,
        RequestTerms,
        SavedFilter,
        ServiceOffering,
        ServiceRequest,
    )

ALIKE = 0.3  # of two subjects, from 0 to 1; the threshold that pg_trgm itself takes
SOON = datetime.timedelta(days=7)
MOST_REMARKS = 30
DRAFTS_STAY = datetime.timedelta(days=180)


class RequestTermsQuerySet(OfOffice, models.QuerySet["RequestTerms"]):
    pass


class AnswerTemplateQuerySet(OfOffice, models.QuerySet["AnswerTemplate"]):
    def for_offering(self, offering: "ServiceOffering") -> Self:
        """Those of the office that fit the offering, its own first."""
        fitting = self.filter(Q(offering=None) | Q(offering=offering), office=offering.office_id)
        return fitting.order_by(F("offering").asc(nulls_last=True), SortKey("title"), "pk")


class ServiceOfferingQuerySet(OverPeriod, OfOffice, models.QuerySet["ServiceOffering"]):
    def visible_to(self, user: Any) -> Self:
        """What is offered today; to those who work at the office the rest too."""
        known = standing(user)
        if known.is_superuser:
            return self
        offered = Q(period__contains=known.on)
        return self.filter(offered | Q(office__in=known.offices)) if known.offices else self.filter(offered)

    def offered(self, on: datetime.date) -> Self:
        return self.filter(period__contains=on)

    def in_catalogue(self) -> Self:
        """All but the one by which the portal's data is corrected, which has its place on the pages it is about."""
        return self.exclude(kind="correction")

    def serving(self, towns: "models.QuerySet[Municipality]") -> Self:
        """Those of the offices in whose area any of the municipalities lies."""
        return self.filter(office__in=_serving(towns))

    def containing(self, text: str | list[Word]) -> Self:
        """Those in whose texts every word stands; umlauts in the title may be spelt either way."""
        found = self
        for word in words_of(text):
            typed = word.typed
            in_texts = Q(summary__icontains=typed) | Q(goal__icontains=typed) | Q(contents__icontains=typed)
            found = found.filter(holding("sort_key", word) | in_texts)
        return found

    def with_details(self) -> Self:
        return self.select_related("office", "task", "counts_for", "post__person")


def _serving(towns: "models.QuerySet[Municipality]") -> "models.QuerySet[Any, Any]":
    """The ids of the offices that serve any of the municipalities."""
    areas = apps.get_model("contacts", "OfficeArea").objects.filter(
        Q(municipality__in=towns.values("pk"))
        | Q(district__in=towns.values("district"))
        | Q(association__in=towns.exclude(association=None).values("association"))
    )
    return areas.values("office")


class OfOffering(models.QuerySet[Any]):
    """Rows that belong to an offering."""

    def visible_to(self, user: Any) -> Self:
        offerings = apps.get_model("services", "ServiceOffering").objects.visible_to(user)
        return self.filter(offering__in=offerings)

    def administered_by(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.filter(offering__office__in=known.administers)


def seen_by(user: Any, to_request: str = "") -> Q:
    """The condition that the account may read the request; `to_request` leads there, as in "request__"."""
    known = standing(user)
    received = ~_said(to_request, state__in=BEFORE)
    if known.is_superuser:
        return received | _said(to_request, account=user.pk)
    condition = asked_by(user, to_request)
    return condition | _said(to_request, office__in=known.offices) & received if known.offices else condition


def asked_by(user: Any, to_request: str = "") -> Q:
    """The condition that the account asked, drafts included, or somebody in the name of its town hall.

    What a town asked that became part of another one is that one's; figures still count it for the town it names.
    """
    known = standing(user)
    if not known.is_signed_in:
        return Q(pk__in=[])
    condition = _said(to_request, account=user.pk)
    if known.towns_spoken_for:
        # By their ids: joins within the OR would make PostgreSQL walk through all requests.
        of_town_halls = _said(to_request, municipality__in=known.towns_spoken_for, asks_for="town_hall")
        condition |= of_town_halls & ~_said(to_request, state__in=BEFORE)
    return condition


def _default_months() -> int:
    return apps.get_model("services", "RequestTerms")._meta.get_field("request_months").default


def _months_after(moment: str, months: Any) -> Any:
    interval = Func(months, template="make_interval(months => %(expressions)s)", output_field=models.DurationField())
    return models.ExpressionWrapper(F(moment) + interval, models.DateTimeField())


def views_of(user: Any, on: datetime.date) -> dict[str, Q]:
    """What the list of requests is looked at for, by the key in its address; numbers elsewhere count by the same."""
    is_open = Q(state__in=OPEN)
    unanswered = is_open & Q(answered_at=None)
    return {
        "meine": is_open & Q(assigned_to__person__user=user.pk),
        "offen": is_open,
        "nicht-zugewiesen": is_open & Q(assigned_to=None),
        "ueberfaellig": unanswered & Q(due_on__lt=on),
        "faellig": unanswered & Q(due_on__range=(on, on + SOON)),
        "wartet": Q(state="waiting"),
        "nachrichten": is_open & Q(unread_since__isnull=False),
        "ohne-durchfuehrung": _not_recorded(user),
        "abgeschlossen": ~Q(state__in=(*BEFORE, *OPEN)),
        "alle": ~Q(state__in=BEFORE),
    }


def _not_recorded(user: Any) -> Q:
    """Completed, but nobody wrote down what was done; see `ServiceRequest.is_to_be_recorded`.

    By the keys of one's own offices' deliveries: asked for each request, PostgreSQL would read those of all offices.
    """
    deliveries = apps.get_model("services", "Delivery").objects.worked_by(user).exclude(request=None)
    done = Q(state="completed", forum=None) & ~Q(offering__kind="correction")
    return done & ~Q(pk__in=deliveries.order_by().values("request"))


def _said(to_request: str, **conditions: Any) -> Q:
    return Q(**{f"{to_request}{name}": value for name, value in conditions.items()})


class ServiceRequestQuerySet(OfOffice, models.QuerySet["ServiceRequest"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, drafts too; those of one's town hall; those of one's office."""
        return self.filter(seen_by(user))

    def administered_by(self, user: Any) -> Self:
        return super().administered_by(user).received()

    def worked_by(self, user: Any) -> Self:
        """Those received by the offices in which the account works."""
        return super().worked_by(user).received()

    def received(self) -> Self:
        return self.exclude(state__in=BEFORE)

    def asked_by(self, user: Any) -> Self:
        """One's own, drafts too, and those of one's town hall."""
        return self.filter(asked_by(user))

    def similar_to(self, office: int, offering: int, towns: list[int], subject: str) -> Self:
        """Those to the same office about these towns, for the same offering or about something alike."""
        alike = Q(offering=offering)
        if subject:
            alike |= Q(likeness__gte=ALIKE)
        rows = self.filter(office=office, municipality__in=towns)
        return rows.annotate(likeness=TrigramSimilarity("subject", subject)).filter(alike)

    def never_confirmed(self, before: datetime.datetime) -> Self:
        """What somebody without account began or sent before then, and did not confirm."""
        return self.filter(state__in=BEFORE, account=None, created_at__lt=before)

    def drafts_of(self, user: Any) -> Self:
        """Those that the account has not sent; a visitor's are found by nobody."""
        return self.filter(account=user.pk, state="draft") if standing(user).is_signed_in else self.none()

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def overdue(self, on: datetime.date) -> Self:
        """Open ones that should have been answered before that day."""
        return self.open().filter(answered_at=None, due_on__lt=on)

    def over(self, on: datetime.date) -> Self:
        """Those closed for longer than the offering keeps them, or else its office."""
        return self._with_end().filter(kept_until__lte=midnight(on))

    def to_forget(self, on: datetime.date) -> Self:
        """Of those the ones that still say who asked."""
        return self.over(on).filter(forgotten_at=None)

    def being_forgotten(self, on: datetime.date) -> Self:
        """These, and those forgotten lately: what somebody had in use in that night goes in one of the next."""
        lately = Q(forgotten_at__gte=midnight(on) - SOON)
        return self._with_end().filter(Q(forgotten_at=None, kept_until__lte=midnight(on)) | lately)

    def left_lying(self, on: datetime.date) -> Self:
        """Drafts that nobody changed for long."""
        return self.filter(state="draft", changed_at__lt=midnight(on) - DRAFTS_STAY)

    def _with_end(self) -> Self:
        months = Coalesce("offering__request_months", "office__request_terms__request_months", _default_months())
        return self.alias(kept_until=_months_after("closed_at", months))

    def received_within(self, first: datetime.date, last: datetime.date) -> Self:
        return self.filter(submitted_at__gte=midnight(first), submitted_at__lt=midnight(last + ONE_DAY))

    def saying(self, text: str | list[Word]) -> Self:
        """Those in whose number, subject, requester or town every word stands."""
        found, towns = self, apps.get_model("municipalities", "Municipality").objects.order_by()
        for word in words_of(text):
            names = Q(reference__icontains=word.typed) | Q(subject__icontains=word.typed)
            asking = Q(requester_body__icontains=word.typed) | Q(requester_name__icontains=word.typed)
            # By their ids: joined, each request's town would be looked up.
            found = found.filter(
                names | asking | Q(municipality__in=towns.filter(holding("sort_key", word)).values("pk"))
            )
        return found

    def called(self, text: str) -> Self:
        """Those in whose number, subject or offering every word stands."""
        found = self
        for word in text.split():
            names = Q(reference__icontains=word) | Q(subject__icontains=word)
            found = found.filter(names | Q(offering__title__icontains=word))
        return found

    def with_details(self) -> Self:
        return self.select_related("office__request_terms", "offering", "municipality", "assigned_to__person")


def open_on_ended(towns: "Iterable[Municipality]", on: datetime.date) -> "Iterator[tuple[Municipality, str]]":
    """The open requests of these municipalities, one sentence for each office. One query."""
    by_id = {town.pk: town for town in towns}
    requests = apps.get_model("services", "ServiceRequest").objects.open().filter(municipality__in=by_id)
    rows = requests.order_by().values("municipality", "office__name").annotate(count=models.Count("pk"))
    for row in rows.order_by("municipality__sort_key", "office__sort_key"):
        sentence = ngettext("%(count)d open request, %(office)s", "%(count)d open requests, %(office)s", row["count"])
        yield by_id[row["municipality"]], sentence % {"count": row["count"], "office": row["office__name"]}


class OfRequest(models.QuerySet[Any]):
    """Rows that belong to a request."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(seen_by(user, "request__"))

    def _beside_public(self, user: Any, public: Q) -> Self:
        """What is public, and at the request's office the rest too; Q() for whoever sees all would be lost in an OR."""
        seen, known = OfRequest.visible_to(self, user), standing(user)
        return seen if known.is_superuser else seen.filter(public | Q(request__office__in=known.offices))

    def administered_by(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.filter(request__office__in=known.administers)


class RequestEntryQuerySet(OfRequest, models.QuerySet["RequestEntry"]):
    def public(self) -> Self:
        """What the requester may read, on every way out of the portal."""
        return self.filter(is_internal=False)

    def visible_to(self, user: Any) -> Self:
        return self._beside_public(user, Q(is_internal=False))


PUBLIC_FILE = Q(entry=None) | Q(entry__is_internal=False)


class RequestFileQuerySet(OfRequest, models.QuerySet["RequestFile"]):
    def public(self) -> Self:
        """Those that the requester may read."""
        return self.filter(PUBLIC_FILE)

    def visible_to(self, user: Any) -> Self:
        return self._beside_public(user, PUBLIC_FILE)


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, user: Any) -> Self:
        """One's own."""
        return self.filter(user=user.pk) if standing(user).is_signed_in else self.none()


class DeliveryQuerySet(OfOffice, models.QuerySet["Delivery"]):
    def within(self, first: datetime.date, last: datetime.date) -> Self:
        return self.filter(held_on__range=(first, last))

    def saying(self, text: str) -> Self:
        """Those in whose result, place or co-operation, or in whose request's number or subject, every word stands."""
        found = self
        for word in text.split():
            done = Q(result__icontains=word) | Q(place__icontains=word) | Q(cooperation__icontains=word)
            found = found.filter(done | Q(request__reference__icontains=word) | Q(request__subject__icontains=word))
        return found

    def with_details(self) -> Self:
        return self.select_related("office", "request", "offering", "municipality", "post__person", "task", "field")


class MeetingEffortQuerySet(OfOffice, models.QuerySet["MeetingEffort"]):
    pass


@KeptQuery
def _remarked(office: int, since: datetime.datetime, until: datetime.datetime) -> "models.QuerySet[Any, Any]":
    """The ids of the office's requests to which a remark was given in that time, the latest first."""
    feedback, requests = (apps.get_model("services", name).objects for name in ("Feedback", "ServiceRequest"))
    given = feedback.filter(request=models.OuterRef("pk"), given_at__gte=since, given_at__lt=until)
    # Request by request: joined as a whole, PostgreSQL would read the feedback of all offices.
    at = models.Subquery(given.exclude(remark="").values("given_at")[:1])
    closed = Q(closed_at=None) | Q(closed_at__gte=since - FEEDBACK_WITHIN)
    found = requests.filter(closed, office=office, submitted_at__lt=until).alias(at=at).exclude(at=None)
    return found.order_by("-at").values_list("pk", flat=True)[:MOST_REMARKS]


class FeedbackQuerySet(OfRequest, models.QuerySet["Feedback"]):
    def visible_to(self, user: Any) -> Self:
        """To the office."""
        known = standing(user)
        return self if known.is_superuser else self.filter(request__office__in=known.offices)

    def remarks_to(self, office: "Office", since: datetime.datetime, until: datetime.datetime) -> Self:
        """The latest remarks that the office was given in that time. Two queries."""
        found = self.filter(request__in=_remarked(office.pk, since, until)).select_related("request__offering")
        return found.only("remark", "given_at", "request__reference", "request__offering__title")


class ReportQuerySet(OfOffice, models.QuerySet["Report"]):
    def with_details(self) -> Self:
        """Without their documents, which are large."""
        return self.select_related("office", "frozen_by").defer("pdf")


class OfReport(models.QuerySet[Any]):
    """Rows that belong to a report."""

    def visible_to(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.filter(report__office__in=known.offices)
