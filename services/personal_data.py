"""What services hold about people, for the registry.

Who asked goes some months after their request was closed: name and address, what they wrote and attached, and what was
written to them. That somebody asked, when, for which town and what became of it stays as figures.

What the office noted for itself goes with the rest, and is told to nobody who asks what is held about them.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import USER
from common import files
from common.links import Link
from common.outbox import Message
from common.personal_data import (
    MENTION,
    POINTER,
    Ending,
    People,
    PersonalData,
    PersonalFiles,
    Root,
    Running,
    Text,
    add_root,
    days,
    declare,
    keep_while,
    months,
    naming,
    register,
    register_files,
)
from contacts.models import ContactPerson, OfficeMembership
from contacts.personal_data import PERSON
from services import messages, report_erasure
from services.links import CONFIRM_LINK, FEEDBACK_LINK, FOLLOW_LINK
from services.models import (
    Delivery,
    Feedback,
    Report,
    ReportBlock,
    RequestDetail,
    RequestEntry,
    RequestFile,
    RequestTerms,
    SavedFilter,
    ServiceRequest,
)
from services.models.states import BEFORE
from services.querysets import DRAFTS_STAY

REQUEST = "services.ServiceRequest"
LINKS_STAY_DAYS = 30
REQUESTERS = _("whoever asks for a service")
INSIDE = _("whoever asked, the town hall in whose name it was asked, the office")
OFFICE_STAFF = _("the office's own staff")
COUNTED = _("The request stays as a figure, without anything that somebody wrote.")
WRITTEN = ("subject", "concern", "cause", "audience", "wished_dates", "place", "existing", "funding")
# The account of what the office wrote; what the requester wrote leads to none.
OF_OFFICE = Case(When(side=RequestEntry.Side.REQUESTER, then=None), default=F("by"))


def instead(name: str, word: Text) -> Case:
    """The word where anything stands."""
    return Case(When(**{name: ""}, then=Value("")), default=Value(word, output_field=CharField()))


def join() -> None:
    asked = Root(REQUEST, "request", _linked, _addresses, _found_by, _names, goes_by_rows=True)
    add_root(asked)
    keep_while(still_open)
    register(
        *(_link(purpose) for purpose in (CONFIRM_LINK, FOLLOW_LINK, FEEDBACK_LINK)),
        PersonalData(
            model=RequestFile,
            title=_("list of files of requests"),
            fields={"file_name": ""},
            purpose=_("Showing what belongs to a request."),
            people=REQUESTERS,
            rows=lambda people: RequestFile.objects.filter(request__in=people[REQUEST]),
            disclosed=lambda rows: rows.public(),
            ending=Ending.DELETE,
            stays=_with_the_request,
            due=_files_due,
            recipients=INSIDE,
        ),
        PersonalData(
            model=RequestDetail,
            fields={"reply": ""},
            purpose=_("Knowing what is needed to answer a request."),
            people=REQUESTERS,
            rows=lambda people: RequestDetail.objects.filter(request__in=people[REQUEST]),
            ending=Ending.BLANK,
            because=COUNTED,
            stays=_with_the_request,
            due=lambda on: _of_forgotten(RequestDetail, on).exclude(reply=""),
            recipients=INSIDE,
        ),
        PersonalData(
            model=RequestEntry,
            fields={"text": ""},
            purpose=_("Answering a request, and knowing what was said."),
            people=REQUESTERS,
            rows=lambda people: RequestEntry.objects.filter(request__in=people[REQUEST]),
            disclosed=lambda rows: rows.public(),
            ending=Ending.BLANK,
            because=COUNTED,
            stays=_with_the_request,
            due=lambda on: _of_forgotten(RequestEntry, on).exclude(text=""),
            recipients=INSIDE,
            passing=("services.RequestEntry:kept",),
        ),
        PersonalData(
            model=RequestEntry,
            kind="written by",
            contents=_("who wrote it"),
            fields={"by": OF_OFFICE, "by_name": ""},
            purpose=_("Saying who wrote or did what with a request."),
            people=_("whoever asks for a service, and the staff of offices"),
            rows=lambda people: RequestEntry.objects.filter(
                Q(by__in=people[USER]) | Q(request__in=people[REQUEST], side=RequestEntry.Side.REQUESTER)
            ),
            disclosed=lambda rows: rows.public(),
            ending=Ending.BLANK,
            because=COUNTED,
            stays=_with_the_request,
            due=lambda on: _of_forgotten(RequestEntry, on).filter(
                ~Q(by_name="") | Q(side=RequestEntry.Side.REQUESTER, by__isnull=False)
            ),
            recipients=INSIDE,
            passing=("services.RequestEntry:kept",),
        ),
        PersonalData(
            model=Message,
            kind="about requests",
            title=_("mail about requests"),
            fields={"address": "", "subject": ""},
            purpose=_("Delivering a mail once, and knowing what became of it."),
            people=REQUESTERS,
            rows=lambda people: _named_messages(ServiceRequest.objects.filter(pk__in=people[REQUEST])),
            ending=Ending.BLANK,
            because=_("The row says that the mail was sent, so that it is not sent again."),
            stays=_with_the_request,
            due=lambda on: _named_messages(ServiceRequest.objects.being_forgotten(on)),
            # What came to themselves is told by the mail to their address; the rest went to others.
            disclosed=lambda rows: rows.none(),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=Feedback,
            fields={"remark": ""},
            purpose=_("Learning from what was done."),
            people=REQUESTERS,
            rows=lambda people: Feedback.objects.filter(request__in=people[REQUEST]),
            ending=Ending.BLANK,
            because=_("The marks stay as figures."),
            stays=_with_the_request,
            due=lambda on: _of_forgotten(Feedback, on).exclude(remark=""),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=ServiceRequest,
            kind="draft",
            contents=_("everything entered so far"),
            fields={"requester_name": "", "requester_email": ""},
            purpose=_("Finishing a request later."),
            people=REQUESTERS,
            rows=lambda people: ServiceRequest.objects.filter(pk__in=people[REQUEST], state__in=BEFORE),
            ending=Ending.DELETE,
            stays=lambda office: days(DRAFTS_STAY.days, gettext("after the last change; 7 days without an account")),
            due=ServiceRequest.objects.left_lying,
        ),
        PersonalData(
            model=ServiceRequest,
            fields={
                "requester_name": "",
                "requester_email": "",
                "requester_phone": "",
                "requester_body": "",
                "language": settings.LANGUAGE_CODE,
                "account": None,
                **dict.fromkeys(WRITTEN, ""),
                # The database wants them of a request that was declined or passed on.
                "closing_reason": instead("closing_reason", _("no longer kept")),
                "passed_on_to": instead("passed_on_to", _("another body")),
                "about_post": None,
                "forgotten_at": Now(),
            },
            not_exported=frozenset({"forgotten_at"}),
            addresses=("requester_email", "requester_phone"),
            purpose=_("Answering whoever asks for a service."),
            people=REQUESTERS,
            rows=lambda people: ServiceRequest.objects.filter(pk__in=people[REQUEST]).exclude(state__in=BEFORE),
            ending=Ending.BLANK,
            because=COUNTED,
            stays=_with_the_request,
            due=ServiceRequest.objects.to_forget,
            recipients=INSIDE,
        ),
        PersonalData(
            model=ServiceRequest,
            kind="worked on by",
            contents=_("to whom it is or was assigned, who entered it"),
            fields={"assigned_to": POINTER, "assigned_instead_of": POINTER, "entered_by": POINTER},
            purpose=_("Knowing who takes care of a request."),
            people=_("staff of offices"),
            rows=lambda people: ServiceRequest.objects.filter(
                Q(assigned_to__person__in=people[PERSON])
                | Q(assigned_instead_of__person__in=people[PERSON])
                | Q(entered_by__in=people[USER])
            ),
            ending=Ending.KEEP,
            because=_("The request stays and says “Name erased”."),
            stays=lambda office: gettext("as long as the person"),
            recipients=INSIDE,
        ),
        PersonalData(
            model=SavedFilter,
            fields={"name": "", "query": "", "user": POINTER},
            purpose=_("Finding a list of requests again."),
            people=_("whoever works on requests"),
            rows=lambda people: SavedFilter.objects.filter(user__in=people[USER]),
            ending=Ending.DELETE,
            stays=lambda office: gettext("as long as the account"),
        ),
        PersonalData(
            model=Delivery,
            fields={"post": POINTER},
            purpose=_("Knowing who did what for which town."),
            people=_("staff of offices"),
            rows=lambda people: Delivery.objects.filter(post__person__in=people[PERSON]),
            ending=Ending.KEEP,
            because=_("What was done stays and says “Name erased”."),
            stays=lambda office: gettext("as long as the person"),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=Report,
            kind="account",
            contents=_("who froze it"),
            fields={"frozen_by": POINTER},
            purpose=_("Knowing who answers for a report."),
            people=_("leads of offices"),
            rows=lambda people: Report.objects.filter(frozen_by__in=people[USER]),
            ending=Ending.KEEP,
            because=_("The row stays, and leads to no account any more."),
            stays=lambda office: gettext("as long as the account"),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=Report,
            kind="named",
            contents=_("names in the figures, texts and PDF of frozen reports"),
            fields={"figures": POINTER, "pdf": POINTER},
            not_exported=frozenset({"figures", "pdf"}),
            purpose=_("Keeping what an office reported of a year, as it was read."),
            people=_("staff of offices, and whoever is named there"),
            rows=_reports_naming,
            ending=Ending.BLANK,
            because=_("The report stays and says “Name erased”, with a note and a new checksum."),
            stays=lambda office: gettext("as long as the report; the name until its bearer asks for erasure"),
            recipients=OFFICE_STAFF,
            forget=report_erasure.erase_names,
        ),
        _named_in(ServiceRequest, "", *WRITTEN, "closing_reason", "passed_on_to"),
        replace(
            _named_in(RequestEntry, "request__", "text", passing=("services.RequestEntry:kept",)),
            disclosed=lambda rows: rows.public(),
        ),
        _named_in(Delivery, "", "place", "cooperation", "result"),
        _named_in(Feedback, "request__", "remark"),
        _named_in(ReportBlock, "report__", "heading", "text", passing=("services.ReportBlock:frozen",)),
    )
    register_files(
        PersonalFiles(
            name=_("files of requests"),
            purpose=_("Showing what belongs to a request."),
            people=REQUESTERS,
            about=lambda people: _paths(RequestFile.objects.filter(request__in=people[REQUEST])),
            disclosed=lambda people: _paths(RequestFile.objects.public().filter(request__in=people[REQUEST])),
            due=lambda on: _paths(_files_due(on)),
            named=_named,
            stays=_with_the_request,
            recipients=INSIDE,
        )
    )
    catalogue = _("What the office offers and asks, in its own words.")
    for label in ("ServiceOffering", "OfferingContact", "Question", "AnswerTemplate"):
        declare(f"services.{label}", because=catalogue)
    declare("services.RequestFile", "name", because=_("Random names of files."))
    for label in ("RequestDetail", "RequestEntry", "RequestFile", "Delivery", "Feedback"):
        declare(f"services.{label}", "request", "entry", "question", because=_("Which request it belongs to."))
    declare("services.RequestEntry", "post", because=_("Which post it was assigned to."))
    declare("services.ServiceRequest", "assigned_via", because=_("Which responsibility it was assigned by."))
    declare("services.ReportBlock", "report", because=_("Which report it belongs to."))
    declare("services.MeetingEffort", because=_("Hours and cost of a meeting."))


# -- Whom it is about -----------------------------------------------------------------------------------------------


def _linked(label: str, keys: Iterable[int]) -> Mapping[str, Iterable[int]]:
    """A request belongs to its account, and to others asked under the same name and address."""
    rows = ServiceRequest.objects.all()
    if label == USER:
        return {REQUEST: rows.filter(account__in=keys).values_list("pk", flat=True)}
    if label != REQUEST:
        return {}
    asked = rows.filter(pk__in=keys)
    who = set(asked.exclude(requester_email="").values_list(Lower("requester_email"), "requester_name"))
    same = rows.alias(lower=Lower("requester_email")).filter(lower__in={address for address, _name in who})
    return {
        USER: [key for key in asked.values_list("account", flat=True) if key],
        REQUEST: [
            key
            for key, address, name in same.values_list("pk", "requester_email", "requester_name")
            if (address.lower(), name) in who
        ],
    }


def _addresses(keys: Iterable[int]) -> Iterable[str]:
    return ServiceRequest.objects.filter(pk__in=list(keys)).values_list("requester_email", flat=True)


def _found_by(address: str) -> Iterable[int]:
    return ServiceRequest.objects.filter(requester_email__iexact=address).order_by("pk").values_list("pk", flat=True)


def _names(keys: Iterable[int]) -> Iterable[str]:
    return ServiceRequest.objects.filter(pk__in=list(keys)).values_list("requester_name", flat=True)


def _of_forgotten(model: Any, on: datetime.date) -> QuerySet[Any]:
    """The rows of requests whose personal data is to go."""
    return model.objects.filter(request__in=ServiceRequest.objects.being_forgotten(on))


def _named_messages(requests: "QuerySet[ServiceRequest]") -> "QuerySet[Message]":
    return messages.about(requests).naming_somebody()


def _files_due(on: datetime.date) -> QuerySet[RequestFile]:
    """Those of requests that are to be forgotten, and of drafts, which cannot go before their files."""
    requests = ServiceRequest.objects
    return RequestFile.objects.filter(
        Q(request__in=requests.being_forgotten(on)) | Q(request__in=requests.left_lying(on))
    )


def _with_the_request(office: Any) -> Any:
    terms = RequestTerms.of(office) if office else RequestTerms()
    return months(terms.request_months, gettext("after the request was closed, unless the offering says otherwise"))


def _paths(rows: QuerySet[RequestFile]) -> list[Path]:
    return [Path(files.store().path(name)) for name in rows.values_list("name", flat=True)]


def _named(paths: Collection[Path]) -> list[Path]:
    root = Path(files.store().path(""))
    return _paths(RequestFile.objects.filter(name__in=[path.relative_to(root).as_posix() for path in paths]))


def _link(purpose: str) -> PersonalData:
    return PersonalData(
        model=Link,
        contents=_("number of what it is about, hash of the token, when it was made and ends"),
        kind=purpose,
        fields={"object_id": POINTER},
        not_exported=frozenset({"token_hash"}),
        purpose=_("Confirming and following a request, and saying how it was, without an account."),
        people=REQUESTERS,
        rows=lambda people: Link.objects.filter(purpose=purpose, object_id__in=people[REQUEST]),
        ending=Ending.DELETE,
        stays=lambda office: days(LINKS_STAY_DAYS, gettext("after it ended")),
        due=lambda on: Link.objects.filter(purpose=purpose).ended_before(on, LINKS_STAY_DAYS),
    )


def _named_in(model: Any, to_office: str, *fields: str, passing: tuple[str, ...] = ()) -> PersonalData:
    """The texts in which somebody may be named, at the offices that these people had to do with."""

    def keys(rows: Any, people: People) -> list[Any]:
        if people.mentions() is None or not (offices := _offices_of(people)):
            return []
        return naming(rows.filter(**{f"{to_office}office__in": offices}), people, *fields)

    def events() -> Callable[[People], Q] | None:
        history = getattr(model, "pgh_event_model", None)
        return (lambda people: Q(pk__in=keys(history.objects.all(), people))) if history else None

    return PersonalData(
        model=model,
        kind="named",
        fields=dict.fromkeys(fields, MENTION),
        purpose=_("Answering requests, and reporting what was done."),
        people=_("whoever is named there"),
        rows=lambda people: model.objects.filter(pk__in=keys(model.objects.all(), people)),
        events_about=events(),
        ending=Ending.BLANK,
        because=_("The text stays and says “Name erased” in place of the name."),
        stays=_with_the_request,
        recipients=OFFICE_STAFF,
        passing=passing,
    )


def _reports_naming(people: People) -> Any:
    """The frozen reports of the offices that these people had to do with, where they are named."""
    pattern = people.mentions()
    if pattern is None or not (offices := _offices_of(people)):
        return Report.objects.none()
    frozen = Report.objects.filter(office__in=offices).exclude(frozen_at=None).values_list("pk", "figures")
    return Report.objects.filter(pk__in=[key for key, figures in frozen if pattern.search(str(figures))])


def _offices_of(people: People) -> set[int]:
    """Where they work or worked, and whom they asked for something."""
    return {
        *ContactPerson.objects.filter(person__in=people[PERSON]).values_list("office", flat=True),
        *OfficeMembership.objects.filter(user__in=people[USER]).values_list("office", flat=True),
        *ServiceRequest.objects.filter(pk__in=people[REQUEST]).values_list("office", flat=True),
    }


def still_open(people: People, on: datetime.date) -> Iterator[Running]:
    """The requests of theirs that are open, and those that they work on."""
    for request in ServiceRequest.objects.open().filter(pk__in=people[REQUEST]):
        yield Running(
            REQUEST, request.pk, gettext("Open request %(request)s: close it first.") % {"request": request.reference}
        )
    worked = ServiceRequest.objects.open().filter(assigned_to__person__in=people[PERSON])
    for request in worked.select_related("assigned_to"):
        yield Running(
            PERSON,
            request.assigned_to.person_id,
            gettext("Works on request %(request)s: give it to somebody else first.") % {"request": request.reference},
        )
