"""A small world with one account for each role, for tests that ask what a role may see and do.

Everything named `this` belongs to one office and one town of its area; everything named `other` to another office
in another district.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.test import Client
from django.utils import timezone

from accounts.mail import INVITATION
from accounts.models import User
from common import outbox
from common.duties import Duty
from common.outbox import Message
from contacts.models import (
    Absence,
    Assignment,
    ContactImport,
    ContactPerson,
    DataProtection,
    FieldOfAction,
    Handover,
    LegalText,
    MunicipalStaff,
    Office,
    OfficeMembership,
    OfficeTask,
    Person,
    TargetGroup,
)
from forums.models import ActionItem, Decision, Document, Forum, Meeting, Membership, Minutes, Topic
from municipalities.models import (
    DataSource,
    Municipality,
    PostalCode,
    RegisterLoad,
    Succession,
)
from services.models import (
    AnswerTemplate,
    Delivery,
    Feedback,
    MeetingEffort,
    Report,
    ReportBlock,
    RequestTerms,
    SavedFilter,
    ServiceOffering,
    ServiceRequest,
)
from tests.factories import (
    AbsenceFactory,
    ActionItemFactory,
    AgendaItemFactory,
    AssignmentFactory,
    AssociationFactory,
    AttendanceFactory,
    CommentFactory,
    ContactImportFactory,
    ContactPersonFactory,
    DataProtectionFactory,
    DecisionFactory,
    DeliveryFactory,
    DistrictFactory,
    DocumentFactory,
    FeedbackFactory,
    FieldOfActionFactory,
    ForumFactory,
    HandoverFactory,
    LegalTextFactory,
    LocalityFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    OrganisationFactory,
    RequestFileFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    TargetGroupFactory,
    TemplateItemFactory,
    TopicFactory,
    UserFactory,
)

ROLES = (
    "visitor",
    "town_hall",
    "other_town_hall",
    "coordinator",
    "other_coordinator",
    "lead",
    "administrator",
    "other_administrator",
    "superuser",
)


PASSWORD = "vier Wörter reichen aus"
DAY = datetime.date(2020, 1, 1)


@dataclass
class Side:
    """One office with its town, people and rows, by model."""

    rows: dict[type[models.Model], models.Model] = field(default_factory=dict)
    draft: int = 0  # of a request that the town hall's clerk began

    def __getitem__(self, model: type[models.Model]) -> Any:
        return self.rows[model]


def forum_rows(office: Office, town: Municipality) -> list[models.Model]:
    """An internal forum about the town, with a meeting that is planned and one that was held."""
    forum = ForumFactory(office=office, about=[town])
    meeting = MeetingFactory(forum=forum)
    meeting.plan()
    item = AgendaItemFactory(meeting=meeting)
    rows: list[models.Model] = [
        forum,
        MembershipFactory(forum=forum),
        TemplateItemFactory(forum=forum),
        TopicFactory(forum=forum),
        meeting,
        item,
        AttendanceFactory(meeting=meeting),
        DecisionFactory(item=item),
        ActionItemFactory(forum=forum),
        DocumentFactory(forum=forum),
        minutes := MinutesFactory(meeting=MeetingFactory(forum=forum)),
        CommentFactory(minutes=minutes),
    ]
    for row in rows:
        row.refresh_from_db()  # with what the database counts
    return rows


def service_rows(office: Office, town: Municipality) -> list[models.Model]:
    """An offering, and a request of the town hall for it with a file."""
    offering = ServiceOfferingFactory(office=office)
    request = ServiceRequestFactory(offering=offering, municipality=town)
    request.submit(timezone.now())
    return [
        offering,
        AnswerTemplate.objects.create(office=office, title="Zusage zum Ansehen", text="Wir kommen gern."),
        RequestTerms.objects.get_or_create(office=office)[0],  # the demonstration has some
        request,
        RequestFileFactory(request=request),
    ]


def report_rows(office: Office, town: Municipality) -> list[models.Model]:
    """Something done for the town and at a meeting, what was said of it, and a report that is being written."""
    report = Report.objects.create(office=office, year=2020)
    meeting = Meeting.objects.filter(forum__office=office).exclude(efforts__office=office).latest("pk")
    request = ServiceRequest.objects.filter(office=office, feedback=None).latest("pk")
    return [
        DeliveryFactory(office=office, municipality=town),
        MeetingEffort.objects.create(office=office, meeting=meeting, hours=2),
        FeedbackFactory(request=request, given_at=datetime.datetime(2020, 3, 2, 10, tzinfo=datetime.UTC)),
        report,
        ReportBlock.objects.create(report=report, heading="Ausblick"),
    ]


def side(name: str) -> Side:
    district = DistrictFactory(name=f"{name}kreis")
    town = MunicipalityFactory(name=f"{name}stadt", district=district)
    office = OfficeFactory(name=f"Stelle {name}", slug=f"stelle-{name.lower()}", areas=[district])
    post = ContactPersonFactory(office=office)
    colleague = ContactPersonFactory(office=office)
    rows: list[models.Model] = [
        district.state,
        district,
        AssociationFactory(district=district),
        town,
        LocalityFactory(municipality=town, name=f"{name}dorf"),
        PostalCode.objects.create(code="99999", municipality=town),
        Succession.objects.create(
            predecessor=MunicipalityFactory(district=district),
            successor=town,
            took_effect_on=DAY,
            kind=Succession.Kind.values[0],
        ),
        office,
        FieldOfActionFactory(office=office),
        TargetGroupFactory(office=office),
        OfficeTaskFactory(office=office),
        LegalTextFactory(office=office),
        DataProtectionFactory(office=office),
        HandoverFactory(leaver=post),
        post.person,
        post,
        AssignmentFactory(contact_person=post, municipality=town),
        AbsenceFactory(contact_person=post, substitute=colleague),
        OrganisationFactory(municipality=town),
        ContactImportFactory(office=office),
        DataSource.objects.create(file=f"{name}.csv", title=name, licence="CC0-1.0", attribution=name, state_on=DAY),
        RegisterLoad.objects.create(state_on=DAY, checksum=name),
        Duty.objects.create(name=f"tests.{name}"),
        *forum_rows(office, town),
        *service_rows(office, town),
        *report_rows(office, town),
    ]
    return Side({type(row): row for row in rows})


@dataclass
class World:
    this: Side
    other: Side
    users: dict[str, User | AnonymousUser]

    def client(self, role: str) -> Client:
        client = Client()
        if role != "visitor":
            client.force_login(self.users[role], backend="accounts.backends.SignInBackend")
        return client


def world() -> World:
    this, other = side("Hier"), side("Fremd")

    def member(of: Side, role: str) -> User:
        membership = OfficeMembershipFactory(office=of[Office], role=role, user__password=PASSWORD)
        of.rows.setdefault(OfficeMembership, membership)
        if of.rows.setdefault(User, membership.user) is membership.user:
            outbox.post(INVITATION, about=membership.user.pk, to=membership.user.pk)
            of.rows[Message] = Message.objects.get(occasion=INVITATION, to=membership.user.pk)
        return membership.user

    def clerk(of: Side) -> User:
        staff = MunicipalStaffFactory(municipality=of[Municipality], user__password=PASSWORD)
        of.rows[MunicipalStaff] = staff
        of.draft = ServiceRequestFactory(offering=of[ServiceOffering], account=staff.user).pk
        return staff.user

    coordinator = member(this, "coordinator")
    this.rows[SavedFilter] = SavedFilter.objects.create(user=coordinator, name="Meine", query="ansicht=meine")
    return World(
        this,
        other,
        {
            "visitor": AnonymousUser(),
            "town_hall": clerk(this),
            "other_town_hall": clerk(other),
            "coordinator": coordinator,
            "other_coordinator": member(other, "coordinator"),
            "lead": member(this, "lead"),
            "administrator": member(this, "administrator"),
            "other_administrator": member(other, "administrator"),
            "superuser": UserFactory(is_superuser=True, password=PASSWORD),
        },
    )


# Rows of these belong to one office; another one's administrators may neither see nor choose them.
OF_AN_OFFICE: tuple[type[models.Model], ...] = (
    Absence,
    ActionItem,
    AnswerTemplate,
    Assignment,
    ContactImport,
    ContactPerson,
    DataProtection,
    Decision,
    Delivery,
    Document,
    Feedback,
    FieldOfAction,
    Forum,
    Handover,
    LegalText,
    Meeting,
    MeetingEffort,
    Membership,
    Message,
    Minutes,
    MunicipalStaff,
    Office,
    OfficeMembership,
    OfficeTask,
    Person,
    Report,
    ServiceOffering,
    RequestTerms,
    ServiceRequest,
    TargetGroup,
    Topic,
    User,
)
