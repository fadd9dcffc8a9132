"""Plainly fictitious rows for tests; nobody and no place here exists."""

import datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import User
from common import tables
from common.periods import BERLIN, period
from contacts.imports import columns
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
    OfficeArea,
    OfficeMembership,
    OfficeTask,
    Organisation,
    Person,
    TargetGroup,
)
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Comment,
    Decision,
    Document,
    Forum,
    Meeting,
    Membership,
    Minutes,
    TemplateItem,
    Topic,
)
from municipalities.models import Association, District, Locality, Municipality, State
from services.models import Delivery, Feedback, RequestFile, ServiceOffering, ServiceRequest

LONG_AGO = datetime.date(2020, 1, 1)


def letters(number: int) -> str:
    """AA, AB, … for codes that hold capital letters only."""
    return "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0))


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"konto{n}@example.org")
    name = factory.Sequence(lambda n: f"Konto Beispiel {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(**kwargs)


class StateFactory(DjangoModelFactory[State]):
    class Meta:
        model = State
        django_get_or_create = ("ags",)

    ags = factory.Sequence(lambda n: f"{n % 80 + 20}")
    name = factory.Sequence(lambda n: f"Musterland {n}")


class DistrictFactory(DjangoModelFactory[District]):
    class Meta:
        model = District

    state = factory.SubFactory(StateFactory)
    ags = factory.LazyAttributeSequence(lambda o, n: f"{o.state.ags}{n % 1000:03}")
    name = factory.Sequence(lambda n: f"Musterkreis {n}")
    kind = "Kreis"
    full_name = factory.LazyAttribute(lambda o: f"{o.kind} {o.name}")


class AssociationFactory(DjangoModelFactory[Association]):
    class Meta:
        model = Association

    district = factory.SubFactory(DistrictFactory)
    ars = factory.LazyAttributeSequence(lambda o, n: f"{o.district.ags}{n % 10000:04}")
    name = factory.Sequence(lambda n: f"Musterverband {n}")
    kind = "Samtgemeinde"


class MunicipalityFactory(DjangoModelFactory[Municipality]):
    class Meta:
        model = Municipality

    district = factory.SubFactory(DistrictFactory)
    ags = factory.LazyAttributeSequence(lambda o, n: f"{o.district.ags}{n % 1000:03}")
    name = factory.Sequence(lambda n: f"Musterstadt {n:04}")
    designation = "Stadt"
    population = 10_000


class LocalityFactory(DjangoModelFactory[Locality]):
    class Meta:
        model = Locality

    name = factory.Sequence(lambda n: f"Musterdorf {n}")
    municipality = factory.SubFactory(MunicipalityFactory)


class OfficeFactory(DjangoModelFactory[Office]):
    """`areas` holds the districts, associations and municipalities that the office serves."""

    class Meta:
        model = Office
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"X{letters(n)}")  # one longer than those that tests name
    slug = factory.LazyAttribute(lambda o: o.code.lower())
    kind = Office.Kind.INTEGRATION_CENTRE
    name = factory.Sequence(lambda n: f"Integrationszentrum Muster {n:04}")
    email = factory.LazyAttribute(lambda o: f"{o.slug}@example.org")
    phone = "05555 100-0"
    is_invented = True

    @factory.post_generation
    def areas(self, create: bool, places: Any, **kwargs: Any) -> None:
        for place in places or ():
            OfficeArea.objects.create(office=self, **{place._meta.model_name: place})


class FieldOfActionFactory(DjangoModelFactory[FieldOfAction]):
    class Meta:
        model = FieldOfAction

    office = factory.SubFactory(OfficeFactory)
    name = factory.Sequence(lambda n: f"Handlungsfeld {n}")


class TargetGroupFactory(DjangoModelFactory[TargetGroup]):
    class Meta:
        model = TargetGroup

    office = factory.SubFactory(OfficeFactory)
    name = factory.Sequence(lambda n: f"Zielgruppe {n}")


class OfficeTaskFactory(DjangoModelFactory[OfficeTask]):
    class Meta:
        model = OfficeTask

    office = factory.SubFactory(OfficeFactory)
    name = factory.Sequence(lambda n: f"Aufgabenschwerpunkt {n}")


class OrganisationFactory(DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Musterverein {n}")
    kind = Organisation.Kind.MIGRANT_ORGANISATION


class PersonFactory(DjangoModelFactory[Person]):
    class Meta:
        model = Person

    given_name = "Erika"
    family_name = factory.Sequence(lambda n: f"Beispiel-{letters(n).title()}")
    email = factory.Sequence(lambda n: f"erika.beispiel{n}@example.org")
    phone = factory.Sequence(lambda n: f"05555 100-{n % 900 + 100}")


class ContactPersonFactory(DjangoModelFactory[ContactPerson]):
    class Meta:
        model = ContactPerson

    person = factory.SubFactory(PersonFactory)
    office = factory.SubFactory(OfficeFactory)
    function = "Beratung der Kommunen"
    period = period(LONG_AGO)


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """A town without an office of its own gets one; otherwise give `contact_person` and `municipality`."""

    class Meta:
        model = Assignment

    municipality = factory.SubFactory(MunicipalityFactory)
    contact_person = factory.LazyAttribute(lambda o: ContactPersonFactory(office=OfficeFactory(areas=[o.municipality])))
    role = Assignment.Role.PRIMARY
    valid = period(LONG_AGO)


class AbsenceFactory(DjangoModelFactory[Absence]):
    class Meta:
        model = Absence

    contact_person = factory.SubFactory(ContactPersonFactory)
    days = period(LONG_AGO)


class HandoverFactory(DjangoModelFactory[Handover]):
    """Without towns; those come by `contacts.handover_plan.Plan`."""

    class Meta:
        model = Handover

    leaver = factory.SubFactory(ContactPersonFactory)
    office = factory.SelfAttribute("leaver.office")
    day = datetime.date(2099, 1, 1)


class OfficeMembershipFactory(DjangoModelFactory[OfficeMembership]):
    class Meta:
        model = OfficeMembership

    user = factory.SubFactory(UserFactory)
    office = factory.SubFactory(OfficeFactory)
    role = OfficeMembership.Role.COORDINATOR
    period = period(LONG_AGO)


class MunicipalStaffFactory(DjangoModelFactory[MunicipalStaff]):
    class Meta:
        model = MunicipalStaff

    user = factory.SubFactory(UserFactory)
    municipality = factory.SubFactory(MunicipalityFactory)
    period = period(LONG_AGO)


class LegalTextFactory(DjangoModelFactory[LegalText]):
    class Meta:
        model = LegalText

    office = factory.SubFactory(OfficeFactory)
    kind = LegalText.Kind.IMPRINT
    body = "Beispieltext"


class DataProtectionFactory(DjangoModelFactory[DataProtection]):
    class Meta:
        model = DataProtection

    office = factory.SubFactory(OfficeFactory)


class ContactImportFactory(DjangoModelFactory[ContactImport]):
    """An upload with its preview; `text` is the sheet as CSV."""

    class Meta:
        model = ContactImport

    class Params:
        text = "Name;Kommune\nAda Beispiel;\n"

    office = factory.SubFactory(OfficeFactory)
    uploaded_by = factory.SubFactory(UserFactory)
    holds_from = LONG_AGO
    sheet = factory.LazyAttribute(lambda o: columns.recognised(tables.read(o.text.encode())))

    @classmethod
    def _create(cls, model_class: type[ContactImport], *args: Any, **kwargs: Any) -> ContactImport:
        upload = model_class(**kwargs)
        for _step in upload.preview(upload.uploaded_by):
            pass
        return upload


class ForumFactory(DjangoModelFactory[Forum]):
    """`towns` holds the municipalities that it is about, `partner_offices` the offices beside the leading one."""

    class Meta:
        model = Forum
        skip_postgeneration_save = True

    office = factory.SubFactory(OfficeFactory)
    kind = Forum.Kind.WORKING_GROUP
    name = factory.Sequence(lambda n: f"Arbeitskreis Muster {n:04}")

    @factory.post_generation
    def about(self, create: bool, towns: Any, **kwargs: Any) -> None:
        for town in towns or ():
            self.town_links.create(municipality=town)

    @factory.post_generation
    def partner_offices(self, create: bool, offices: Any, **kwargs: Any) -> None:
        for office in offices or ():
            self.partner_links.create(office=office)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    forum = factory.SubFactory(ForumFactory)
    person = factory.SubFactory(PersonFactory)
    period = period(LONG_AGO)


class MeetingFactory(DjangoModelFactory[Meeting]):
    """A draft of two hours; `held`, `invited` and so on by its verbs."""

    class Meta:
        model = Meeting

    forum = factory.SubFactory(ForumFactory)
    starts_at = datetime.datetime(2026, 3, 2, 14, 0, tzinfo=BERLIN)
    ends_at = factory.LazyAttribute(lambda o: o.starts_at + datetime.timedelta(hours=2))
    place = "Rathaus Musterstadt, Raum 12"


class AgendaItemFactory(DjangoModelFactory[AgendaItem]):
    class Meta:
        model = AgendaItem

    meeting = factory.SubFactory(MeetingFactory)
    position = factory.Sequence(int)
    title = factory.Sequence(lambda n: f"Tagesordnungspunkt {n}")


class TemplateItemFactory(DjangoModelFactory[TemplateItem]):
    class Meta:
        model = TemplateItem

    forum = factory.SubFactory(ForumFactory)
    position = factory.Sequence(int)
    title = factory.Sequence(lambda n: f"Immer wieder {n}")


class TopicFactory(DjangoModelFactory[Topic]):
    class Meta:
        model = Topic

    forum = factory.SubFactory(ForumFactory)
    title = factory.Sequence(lambda n: f"Thema {n}")
    created_on = LONG_AGO


class AttendanceFactory(DjangoModelFactory[Attendance]):
    class Meta:
        model = Attendance

    meeting = factory.SubFactory(MeetingFactory)
    person = factory.SubFactory(PersonFactory)


class DecisionFactory(DjangoModelFactory[Decision]):
    class Meta:
        model = Decision

    item = factory.SubFactory(AgendaItemFactory)
    forum = factory.SelfAttribute("item.meeting.forum")
    wording = "Das Forum beschließt, was hier steht."


class ActionItemFactory(DjangoModelFactory[ActionItem]):
    class Meta:
        model = ActionItem

    forum = factory.SubFactory(ForumFactory)
    what = factory.Sequence(lambda n: f"Etwas erledigen {n}")
    person = factory.SubFactory(PersonFactory)
    created_on = LONG_AGO


class MinutesFactory(DjangoModelFactory[Minutes]):
    """A draft, of a meeting that was held."""

    class Meta:
        model = Minutes

    meeting = factory.SubFactory(MeetingFactory)

    @classmethod
    def _create(cls, model_class: type[Minutes], *args: Any, **kwargs: Any) -> Minutes:
        kwargs["meeting"].hold()
        return super()._create(model_class, *args, **kwargs)


class CommentFactory(DjangoModelFactory[Comment]):
    class Meta:
        model = Comment

    minutes = factory.SubFactory(MinutesFactory)
    person = factory.SubFactory(PersonFactory)
    text = "Das wurde anders beschlossen."
    written_at = datetime.datetime(2026, 3, 5, 12, 0, tzinfo=BERLIN)


class DocumentFactory(DjangoModelFactory[Document]):
    """The row alone; there is no file in the store."""

    class Meta:
        model = Document

    forum = factory.SubFactory(ForumFactory)
    title = "Beispielpapier"
    name = factory.Sequence(lambda n: f"beispiel{n}")
    file_name = "beispiel.pdf"
    content_type = "application/pdf"
    size = 1000
    uploaded_at = datetime.datetime(2026, 1, 5, 12, 0, tzinfo=BERLIN)


class ServiceOfferingFactory(DjangoModelFactory[ServiceOffering]):
    class Meta:
        model = ServiceOffering

    office = factory.SubFactory(OfficeFactory)
    kind = ServiceOffering.Kind.TALK
    title = factory.Sequence(lambda n: f"Fachvortrag {n}")
    summary = "Ein Vortrag, der in einer Stunde zeigt, worum es geht."


class ServiceRequestFactory(DjangoModelFactory[ServiceRequest]):
    """A draft; the verbs lead on from there."""

    class Meta:
        model = ServiceRequest

    offering = factory.SubFactory(ServiceOfferingFactory)
    office = factory.SelfAttribute("offering.office")
    created_at = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN)
    municipality = factory.SubFactory(MunicipalityFactory)
    subject = "Vortrag für den Sozialausschuss"
    concern = "Der Ausschuss möchte einen Überblick."
    requester_name = "Rosa Rathaus"
    requester_email = factory.Sequence(lambda n: f"rosa.rathaus{n}@example.org")


class DeliveryFactory(DjangoModelFactory[Delivery]):
    class Meta:
        model = Delivery

    office = factory.SubFactory(OfficeFactory)
    held_on = datetime.date(2026, 3, 20)
    hours = Decimal("3.50")
    cost = Decimal("120.00")
    participants = 25


class FeedbackFactory(DjangoModelFactory[Feedback]):
    class Meta:
        model = Feedback

    request = factory.SubFactory(ServiceRequestFactory)
    helped = 4
    went_well = 5
    given_at = datetime.datetime(2026, 4, 1, 12, 0, tzinfo=BERLIN)


class RequestFileFactory(DjangoModelFactory[RequestFile]):
    """The row alone; there is no file in the store."""

    class Meta:
        model = RequestFile

    request = factory.SubFactory(ServiceRequestFactory)
    name = factory.Sequence(lambda n: f"anlage{n}")
    file_name = "anlage.pdf"
    content_type = "application/pdf"
    size = 1000
