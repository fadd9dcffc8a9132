"""The forums: who leads them, which places they are about, and who belongs to them."""

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import DerivedCharField, NameField, PeriodField
from common.sort_keys import sort_key
from common.triggers import refusing, unchanging
from common.versions import Versioned
from contacts.models import FieldOfAction, Office, OfficeArea, OfficeTask, Organisation, Person, TargetGroup
from contacts.querysets import in_area_of
from forums.models.items import make_place
from forums.querysets import ForumPartnerQuerySet, ForumQuerySet, MembershipQuerySet, OfForum
from municipalities.models import District, Municipality

if TYPE_CHECKING:
    from forums.models.topics import TemplateItem

not_empty = Q(period__isempty=False)


def of_leading_office(table: str, column: str, constraint: str) -> pgtrigger.Trigger:
    """What a forum points to in its office's lists belongs to its leading office."""
    return refusing(
        "of_leading_office",
        pgtrigger.Before,
        pgtrigger.Insert | pgtrigger.Update,
        f"NOT EXISTS (SELECT FROM {table} entry JOIN forums_forum forum ON forum.office_id = entry.office_id "
        f"WHERE entry.id = NEW.{column} AND forum.id = NEW.forum_id)",
        constraint,
    )


# Who edits a forum sees that somebody else changed its towns, fields, target groups or partners meanwhile.
raises_version_of_forum = pgtrigger.Trigger(
    name="raise_version_of_forum",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        UPDATE forums_forum SET version = version + 1, changed_at = now()
        WHERE id = COALESCE(NEW.forum_id, OLD.forum_id);
        RETURN NULL;
    """,
)


@tracked(exclude=["sort_key"])
class Forum(Versioned):
    """A place where town halls, associations and migrant organisations meet again and again.

    `is_elsewhere`: somebody else runs it and the office takes part; who went and what was said is kept all the same.
    """

    class Kind(models.TextChoices):
        EXCHANGE = "exchange", _("exchange forum")
        WORKING_GROUP = "working_group", _("working group")
        ROUND_TABLE = "round_table", _("round table")
        NETWORK = "network", _("network")
        CONFERENCE = "conference", _("conference")
        STEERING_GROUP = "steering_group", _("steering group")

    class Rhythm(models.TextChoices):
        AS_NEEDED = "", _("as needed")
        WEEKLY = "weekly", _("every week")
        FORTNIGHTLY = "fortnightly", _("every two weeks")
        MONTHLY = "monthly", _("every month")
        TWO_MONTHS = "two_months", _("every two months")
        QUARTERLY = "quarterly", _("every quarter")
        HALF_YEARLY = "half_yearly", _("every half year")
        YEARLY = "yearly", _("every year")

    office = models.ForeignKey(Office, models.PROTECT, related_name="forums", verbose_name=_("leading office"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = NameField(_("name"), max_length=200)
    purpose = models.TextField(
        _("purpose"), blank=True, max_length=4000, help_text=_("What the forum is for, in two or three sentences.")
    )
    rhythm = models.CharField(_("rhythm"), max_length=20, choices=Rhythm, blank=True, default=Rhythm.AS_NEEDED)
    is_public = models.BooleanField(
        _("public"), default=False, help_text=_("Everyone sees the forum, its dates and its agenda.")
    )
    publishes_minutes = models.BooleanField(
        _("publishes results"),
        default=False,
        help_text=_("The chair may release results and decisions of public items; names are never published."),
    )
    is_informal = models.BooleanField(
        _("informal"), default=False, help_text=_("Its meetings are called Treffen instead of Sitzung.")
    )
    is_elsewhere = models.BooleanField(
        _("run by others"), default=False, help_text=_("The office takes part, and somebody else invites.")
    )
    organiser = models.CharField(_("who runs it"), max_length=200, blank=True)
    district = models.ForeignKey(
        District,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forums",
        verbose_name=_("whole district"),
        help_text=_("Empty where the forum is about single towns."),
    )
    towns = models.ManyToManyField(
        Municipality, through="ForumTown", related_name="forums", blank=True, verbose_name=_("municipalities")
    )
    fields = models.ManyToManyField(
        FieldOfAction, through="ForumField", related_name="forums", blank=True, verbose_name=_("fields of action")
    )
    target_groups = models.ManyToManyField(
        TargetGroup, through="ForumTargetGroup", related_name="forums", blank=True, verbose_name=_("target groups")
    )
    task = models.ForeignKey(
        OfficeTask,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forums",
        verbose_name=_("office task"),
        help_text=_("What it counts for in the yearly report."),
    )
    partners = models.ManyToManyField(
        Office, through="ForumPartner", related_name="partner_forums", blank=True, verbose_name=_("partner offices")
    )
    period = PeriodField(_("active"), default=periods.without_limit)
    source = models.CharField(
        _("source"), max_length=300, blank=True, help_text=_("Where the texts come from, where not from the office.")
    )
    sort_key = DerivedCharField(source="name", derive=sort_key)

    objects = ForumQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("forum")
        verbose_name_plural = _("forums")
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=not_empty,
                name="forums_forum_period",
                violation_error_message=_("The period contains no day."),
            ),
            models.CheckConstraint(
                condition=Q(is_elsewhere=False, organiser="") | (Q(is_elsewhere=True) & ~Q(organiser="")),
                name="forums_forum_organiser",
                violation_error_message=_("Say who runs the forum exactly where it is run by others."),
            ),
            models.CheckConstraint(
                condition=Q(publishes_minutes=False) | Q(is_public=True),
                name="forums_forum_public_results",
                violation_error_message=_("Only a public forum publishes results."),
            ),
            models.UniqueConstraint(
                "office",
                "name",
                name="forums_forum_name",
                violation_error_message=_("The office already has a forum of this name."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", constraint="forums_forum_office_kept"),
            refusing(
                "task_of_office",
                pgtrigger.Before,
                pgtrigger.Insert | pgtrigger.Update,
                "NEW.task_id IS NOT NULL AND NOT EXISTS "
                "(SELECT FROM contacts_officetask WHERE id = NEW.task_id AND office_id = NEW.office_id)",
                "forums_forum_task_of_office",
            ),
        ]
        indexes = [
            # The list of all forums, in alphabetical order.
            models.Index(fields=["sort_key", "id"], name="forum_alphabetical"),
            # Which meetings, items and hits everyone may see.
            models.Index(fields=["id"], condition=Q(is_public=True), name="forum_public"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("forum", args=[self.pk])

    def is_active(self, on: datetime.date) -> bool:
        return periods.contains(self.period, on)

    def has_ended(self, on: datetime.date) -> bool:
        return self.period.upper is not None and self.period.upper <= on

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        if self.is_elsewhere and not self.organiser:
            raise ValidationError({"organiser": gettext("Please say who runs the forum.")})
        if not self.is_elsewhere and self.organiser:
            raise ValidationError({"organiser": gettext("The office runs the forum itself; please leave this empty.")})
        if self.publishes_minutes and not self.is_public:
            raise ValidationError({"publishes_minutes": gettext("Only a public forum publishes results.")})
        if self.task and self.task.office_id != self.office_id:
            raise ValidationError({"task": gettext("This office task belongs to another office.")})
        if self.district_id and self.is_district_new() and not self.districts_served().filter(pk=self.district_id):
            raise ValidationError(
                {"district": gettext("Neither the leading nor a partner office serves the whole district.")}
            )

    def is_district_new(self) -> bool:
        """Whether the district has to be served: what is chosen already may stay where areas were dealt out anew."""
        return self.pk is None or not Forum.objects.filter(pk=self.pk, district=self.district_id).exists()

    def offices(self) -> set[int]:
        """The ids of the leading and the partner offices."""
        partners = self.partner_links.values_list("office", flat=True) if self.pk else ()
        return {self.office_id, *partners}

    def towns_served(self) -> QuerySet[Municipality]:
        """What the forum may be about: the towns in the area of the leading or a partner office."""
        return Municipality.objects.filter(in_area_of(self.offices()))

    def districts_served(self) -> QuerySet[District]:
        """The districts that the leading or a partner office serves as a whole."""
        return District.objects.filter(pk__in=OfficeArea.objects.filter(office__in=self.offices()).values("district"))

    def end_on(self, last: datetime.date) -> None:
        """Let the forum end with that day."""
        self.period = periods.ended(self.period, last)
        self.save(update_fields=["period"])

    @property
    def meeting_word(self) -> str:
        """What its meetings are called."""
        return gettext("Informal meeting") if self.is_informal else gettext("Meeting")

    def append_to_template(self, **fields: Any) -> "TemplateItem":
        """Add an item to the template agenda, before those that stay at the end."""
        with transaction.atomic():
            Forum.objects.select_for_update(no_key=True).get(pk=self.pk)
            position = make_place(self.template_items, at_the_end=fields.get("is_closing", False))
            return self.template_items.create(position=position, **fields)


@tracked()
class ForumTown(Versioned):
    """A town that a forum is about."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="town_links")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="forum_links", verbose_name=_("municipality")
    )

    objects = OfForum.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("municipality of a forum")
        verbose_name_plural = _("municipalities of forums")
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "municipality"],
                name="forums_forumtown_once",
                violation_error_message=_("The municipality is already named."),
            )
        ]
        triggers = [*Versioned.Meta.triggers, raises_version_of_forum]

    def __str__(self) -> str:
        return str(self.municipality)

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    def clean(self) -> None:
        if self.pk or not (self.municipality_id and self.forum_id):
            return
        if not self.forum.towns_served().filter(pk=self.municipality_id).exists():
            text = gettext("Neither the leading nor a partner office serves %(town)s.")
            raise ValidationError({"municipality": text % {"town": self.municipality}})


@tracked()
class ForumField(Versioned):
    """A field of action that a forum works in."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="field_links")
    field = models.ForeignKey(
        FieldOfAction, models.PROTECT, related_name="forum_links", verbose_name=_("field of action")
    )

    objects = OfForum.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("field of action of a forum")
        verbose_name_plural = _("fields of action of forums")
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "field"],
                name="forums_forumfield_once",
                violation_error_message=_("The forum already works in this field."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            of_leading_office("contacts_fieldofaction", "field_id", "forums_forumfield_of_office"),
            raises_version_of_forum,
        ]

    def __str__(self) -> str:
        return str(self.field)

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id


@tracked()
class ForumTargetGroup(Versioned):
    """Whom a forum is for."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="target_group_links")
    target_group = models.ForeignKey(
        TargetGroup, models.PROTECT, related_name="forum_links", verbose_name=_("target group")
    )

    objects = OfForum.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("target group of a forum")
        verbose_name_plural = _("target groups of forums")
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "target_group"],
                name="forums_forumtargetgroup_once",
                violation_error_message=_("The target group is already named."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            of_leading_office("contacts_targetgroup", "target_group_id", "forums_forumtargetgroup_of_office"),
            raises_version_of_forum,
        ]

    def __str__(self) -> str:
        return str(self.target_group)

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id


@tracked()
class ForumPartner(Versioned):
    """An office that takes part in leading a forum: it sees and edits the content and deletes nothing."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="partner_links")
    office = models.ForeignKey(Office, models.PROTECT, related_name="partner_links", verbose_name=_("partner office"))

    objects = ForumPartnerQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("partner office of a forum")
        verbose_name_plural = _("partner offices of forums")
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "office"],
                name="forums_forumpartner_once",
                violation_error_message=_("The office already is a partner."),
            )
        ]
        triggers = [*Versioned.Meta.triggers, raises_version_of_forum]

    def __str__(self) -> str:
        return str(self.office)

    def clean(self) -> None:
        if self.forum_id and self.office_id and self.forum.office_id == self.office_id:
            raise ValidationError({"office": gettext("The leading office is no partner of its own.")})


@tracked()
class Membership(Versioned):
    """A person, an organisation, or a person for an organisation, in a forum over a period.

    Mail goes to persons; an organisation without one is on the list and hears by other ways.
    """

    class Role(models.TextChoices):
        CHAIR = "chair", _("chair")
        MODERATION = "moderation", _("moderation")
        MEMBER = "member", _("member")
        GUEST = "guest", _("guest")

    RANK: ClassVar[list[str]] = [Role.GUEST, Role.MEMBER, Role.MODERATION, Role.CHAIR]  # whoever has two has the later

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="memberships", verbose_name=_("forum"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="forum_memberships", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forum_memberships",
        verbose_name=_("organisation"),
        help_text=_("Whom the person speaks for; without a person the organisation itself."),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.MEMBER)
    period = PeriodField(_("period"), default=periods.without_limit)

    objects = MembershipQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("membership of a forum")
        verbose_name_plural = _("memberships of forums")
        ordering = ["forum", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(organisation__isnull=False),
                name="forums_membership_somebody",
                violation_error_message=_("Choose a person, an organisation, or both."),
            ),
            models.CheckConstraint(
                condition=not_empty,
                name="forums_membership_period",
                violation_error_message=_("The period contains no day."),
            ),
            ExclusionConstraint(
                name="forums_membership_person_once",
                expressions=[
                    ("forum", RangeOperators.EQUAL),
                    ("person", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(person__isnull=False),
                violation_error_message=_("The person already belongs to the forum in this period."),
            ),
            ExclusionConstraint(
                name="forums_membership_organisation_once",
                expressions=[
                    ("forum", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(person__isnull=True),
                violation_error_message=_("The organisation already belongs to the forum in this period."),
            ),
        ]
        triggers = [*Versioned.Meta.triggers, unchanging("forum", constraint="forums_membership_forum_kept")]

    def __str__(self) -> str:
        return self.name

    @property
    def email(self) -> str:
        """Where mail for the member goes; "" where there is no address. May query person and account."""
        return self.person.mail_address if self.person else ""

    @property
    def name(self) -> str:
        """Who it is; may query person and organisation."""
        if self.person and self.organisation:
            return f"{self.person} ({self.organisation})"
        return str(self.person or self.organisation)

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        is_somebody = self.person_id or self.organisation_id
        if not is_somebody or not self.forum_id or not self.period or self.period.isempty:
            return  # said by the fields themselves
        same = Q(person=self.person_id) if self.person_id else Q(person=None, organisation=self.organisation_id)
        others = Membership.objects.filter(same, forum=self.forum_id, period__overlap=self.period)
        if other := others.exclude(pk=self.pk).first():
            raise ValidationError(
                {
                    "period": gettext("Belongs to the forum already: %(period)s.")
                    % {"period": periods.in_words(other.period)}
                },
                code="conflict",
            )

    def end_on(self, last: datetime.date) -> None:
        """Let the membership end with that day."""
        self.period = periods.ended(self.period, last)
        self.save(update_fields=["period"])
