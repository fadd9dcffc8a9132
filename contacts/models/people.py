"""The people: who they are, which post they hold at an office, and who works in a town hall."""

import datetime

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import DerivedCharField, NameField, PeriodField
from common.phones import Phone, e164, printed
from common.sort_keys import sort_key
from common.triggers import refused, unchanging
from common.versions import Versioned
from contacts.models.offices import FieldOfAction, Office, not_empty
from contacts.querysets import (
    ContactPersonQuerySet,
    MunicipalStaffQuerySet,
    OrganisationQuerySet,
    PersonQuerySet,
    RemarkQuerySet,
)
from municipalities.models import Association, Municipality

CONFIRMATION_LINK = "confirmation"  # the purpose of one-time links of a post, by which its person confirms


@tracked(exclude=["sort_key"])
class Organisation(Versioned):
    """An association, provider or authority that people belong to."""

    class Kind(models.TextChoices):
        MIGRANT_ORGANISATION = "mo", _("migrant organisation")
        PROVIDER = "provider", _("provider")
        ASSOCIATION = "association", _("association")
        AUTHORITY = "authority", _("authority")
        OTHER = "other", _("other organisation")

    class Reach(models.TextChoices):
        TOWN = "town", _("town")
        DISTRICT = "district", _("district")
        STATE = "state", _("state")
        COUNTRY = "country", _("country")

    name = NameField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("municipality"),
    )
    reach = models.CharField(_("reach"), max_length=20, choices=Reach, default=Reach.TOWN)
    website = models.URLField(_("website"), blank=True)
    sort_key = DerivedCharField(source="name", derive=sort_key)

    objects = OrganisationQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["sort_key"]

    def __str__(self) -> str:
        return self.name


# Whoever reads the mail of an address that is no longer the person's confirms nothing, whatever way it was changed.
ends_links_of_posts = pgtrigger.Trigger(
    name="ends_links",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("email"),
    func="""
        UPDATE common_link SET revoked_at = now()
        WHERE purpose = 'confirmation' AND used_at IS NULL AND revoked_at IS NULL
            AND object_id IN (SELECT id FROM contacts_contactperson WHERE person_id = NEW.id);
        RETURN NULL;
    """,
)
# The same where the post becomes somebody else's, as when two entries are merged.
ends_links_of_moved_post = pgtrigger.Trigger(
    name="ends_links",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("person"),
    func="""
        UPDATE common_link SET revoked_at = now()
        WHERE purpose = 'confirmation' AND object_id = NEW.id AND used_at IS NULL AND revoked_at IS NULL;
        RETURN NULL;
    """,
)


@tracked(exclude=["sort_key", "phone_e164", "phone_printed"])
class Person(Versioned):
    """One human, once. Being a person grants nothing."""

    title = NameField(_("title"), max_length=50, blank=True, help_text=_("For example Dr."))
    given_name = NameField(_("given name"), max_length=100)
    family_name = NameField(_("family name"), max_length=100)
    email = models.EmailField(_("mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    phone_e164 = DerivedCharField(source="phone", derive=e164, max_length=20)
    phone_printed = DerivedCharField(_("phone"), source="phone", derive=printed, max_length=60)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("account"),
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("organisation")
    )
    sort_key = DerivedCharField(source="sorted_name", derive=sort_key)

    objects = PersonQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(family_name="")
                | Q(title="", given_name="", email="", phone="", phone_e164="", phone_printed="", user=None),
                name="contacts_person_erased_as_a_whole",
                violation_error_message=_("Without a family name the person must be erased as a whole."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            refused(
                "OLD.family_name = '' AND NEW.family_name <> ''",
                operation=pgtrigger.Update,
                constraint="contacts_person_stays_erased",
            ),
            ends_links_of_posts,
        ]
        # The directory by person, in alphabetical order.
        indexes = [models.Index(fields=["sort_key"], name="person_alphabetical")]

    def __str__(self) -> str:
        return self.name

    @property
    def mail_address(self) -> str:
        """Where mail to them goes: to their own address, else to their account's; may query the account."""
        return self.email or (self.user.email if self.user else "")

    @property
    def name(self) -> str:
        """Title and names; of an erased person the words that stand in their place."""
        parts = (part for part in (self.title, self.given_name, self.family_name) if part)
        return " ".join(parts) or gettext("Name erased")

    @property
    def sorted_name(self) -> str:
        return f"{self.family_name}, {self.given_name}" if self.family_name else ""

    @property
    def is_erased(self) -> bool:
        """Whether only the place in past responsibilities is left of the person."""
        return not self.family_name

    @property
    def telephone(self) -> Phone | None:
        return Phone(self.phone_printed, self.phone_e164) if self.phone else None


@tracked()
class ContactPerson(Versioned):
    """A person's post at one office. A post never changes office: another office means another post."""

    class Language(models.TextChoices):
        """ISO 639-1, those that offices name most; German goes without saying."""

        ENGLISH = "en", _("English")
        ARABIC = "ar", _("Arabic")
        BULGARIAN = "bg", _("Bulgarian")
        CROATIAN = "hr", _("Croatian")
        DARI = "prs", _("Dari")
        FRENCH = "fr", _("French")
        GREEK = "el", _("Greek")
        ITALIAN = "it", _("Italian")
        KURDISH = "ku", _("Kurdish")
        PASHTO = "ps", _("Pashto")
        PERSIAN = "fa", _("Persian (Farsi)")
        POLISH = "pl", _("Polish")
        PORTUGUESE = "pt", _("Portuguese")
        ROMANIAN = "ro", _("Romanian")
        RUSSIAN = "ru", _("Russian")
        SERBIAN = "sr", _("Serbian")
        SPANISH = "es", _("Spanish")
        TIGRINYA = "ti", _("Tigrinya")
        TURKISH = "tr", _("Turkish")
        UKRAINIAN = "uk", _("Ukrainian")
        VIETNAMESE = "vi", _("Vietnamese")
        SIGN = "gsg", _("German Sign Language")

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name=_("person"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="posts", verbose_name=_("office"))
    function = models.CharField(_("function"), max_length=150, blank=True)
    room = models.CharField(_("room"), max_length=50, blank=True)
    languages = ArrayField(
        models.CharField(max_length=3, choices=Language), default=list, blank=True, verbose_name=_("languages spoken")
    )
    fields = models.ManyToManyField(
        FieldOfAction,
        through="ContactPersonField",
        related_name="posts",
        blank=True,
        verbose_name=_("fields of action"),
    )
    is_published = models.BooleanField(
        _("show to everyone"), default=True, help_text=_("Otherwise only the office's own staff see the person.")
    )
    is_phone_published = models.BooleanField(_("show the phone number to everyone"), default=True)
    is_email_published = models.BooleanField(_("show the mail address to everyone"), default=True)
    period = PeriodField(_("period"))
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)

    objects = ContactPersonQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("contact person")
        verbose_name_plural = _("contact persons")
        ordering = ["person__sort_key"]
        constraints = [
            models.CheckConstraint(
                condition=not_empty,
                name="contacts_contactperson_period",
                violation_error_message=_("The period contains no day."),
            ),
            ExclusionConstraint(
                name="contacts_contactperson_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("office", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The person already has a post at this office in this period."),
            ),
            # Lets assignments and absences prove by foreign key that their post is one of their office.
            models.UniqueConstraint(fields=["id", "office"], name="contacts_contactperson_of_office"),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", constraint="contacts_contactperson_office_kept"),
            pgtrigger.Trigger(
                name="of_erased",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id", "period"),
                # Whoever enters a post while its person is being erased has to wait, and then sees it.
                func="""
                    PERFORM FROM contacts_person WHERE id = NEW.person_id FOR KEY SHARE;
                    IF EXISTS (SELECT FROM contacts_person WHERE id = NEW.person_id AND family_name = '') THEN
                        RAISE check_violation USING MESSAGE = 'the person was erased',
                            CONSTRAINT = 'contacts_contactperson_of_erased';
                    END IF;
                    RETURN NEW;
                """,
            ),
            ends_links_of_moved_post,
        ]

    def __str__(self) -> str:
        return self.person.name

    def get_absolute_url(self) -> str:
        return reverse("contact_person", args=[self.pk])

    def page_on(self, on: datetime.date) -> str:
        """The page; of a post that is not held on that day as on its first day, or its last where it has no first."""
        if periods.contains(self.period, on):
            return self.get_absolute_url()
        return f"{self.get_absolute_url()}?am={self.period.lower or periods.last_day(self.period):%Y-%m-%d}"

    def end_on(self, last: datetime.date) -> None:
        """End the post and its running assignments with that day; what begins later has to be dealt with before."""
        later = self.assignments.filter(starts_on__gt=last).select_related("municipality")
        if towns := ", ".join(str(assignment.municipality) for assignment in later):
            raise ValidationError(
                gettext("Assignments begin after that day: %(towns)s. Delete or shorten them first.") % {"towns": towns}
            )
        with transaction.atomic():
            running = self.assignments.filter(Q(valid__endswith=None) | Q(valid__endswith__gt=last + periods.ONE_DAY))
            for assignment in running:
                assignment.end_on(last)
            self.period = periods.ended(self.period, last)
            self.save(update_fields=["period"])

    def confirm(self, on: datetime.date) -> None:
        """Note that what is shown was found right on that day."""
        self.confirmed_on = on
        self.save(update_fields=["confirmed_on"])

    def is_confirmed_since(self, day: datetime.date) -> bool:
        return self.confirmed_on is not None and self.confirmed_on >= day

    def as_of(self) -> datetime.date:
        """The Stand: the day of the last change or confirmation of what is shown."""
        changed = periods.day_of(max(self.changed_at, self.person.changed_at))
        return max(changed, self.confirmed_on) if self.confirmed_on else changed


class Remark(models.Model):
    """What somebody tells their office about their own entry and cannot change themselves, such as a name or town."""

    contact_person = models.ForeignKey(
        ContactPerson, models.CASCADE, related_name="remarks", verbose_name=_("contact person")
    )
    text = models.TextField(_("message"), max_length=2000)
    written_at = models.DateTimeField(_("written"))

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to the office")
        verbose_name_plural = _("messages to the office")
        ordering = ["-written_at"]

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.written_at), "SHORT_DATETIME_FORMAT")

    @property
    def office_id(self) -> int:
        """May query the post."""
        return self.contact_person.office_id


@tracked()
class ContactPersonField(Versioned):
    """A field of action that a contact person works in."""

    contact_person = models.ForeignKey(ContactPerson, models.CASCADE, related_name="field_links")
    field = models.ForeignKey(
        FieldOfAction, models.PROTECT, related_name="post_links", verbose_name=_("field of action")
    )

    class Meta(Versioned.Meta):
        verbose_name = _("field of action of a contact person")
        verbose_name_plural = _("fields of action of contact persons")
        constraints = [
            models.UniqueConstraint(
                fields=["contact_person", "field"],
                name="contacts_contactpersonfield_once",
                violation_error_message=_("The contact person already works in this field."),
            )
        ]

    def __str__(self) -> str:
        return str(self.field)


@tracked()
class FormerPerson(models.Model):
    """The number that a person had whose entry was merged into another; leads to the history."""

    key = models.BigIntegerField(_("former number"), unique=True)
    person = models.ForeignKey(
        Person, models.CASCADE, related_name="former_entries", verbose_name=_("person"), editable=False
    )

    class Meta:
        verbose_name = _("merged entry of a person")
        verbose_name_plural = _("merged entries of people")

    def __str__(self) -> str:
        return str(self.key)


@tracked()
class FormerPost(models.Model):
    """The number of a post that became one with another; its address leads there."""

    key = models.BigIntegerField(_("former number"), unique=True)
    post = models.ForeignKey(
        ContactPerson, models.CASCADE, related_name="former_posts", verbose_name=_("contact person"), editable=False
    )

    class Meta:
        verbose_name = _("merged post")
        verbose_name_plural = _("merged posts")

    def __str__(self) -> str:
        return str(self.key)


@tracked()
class MunicipalStaff(Versioned):
    """An account that works in a town hall, or in that of an association, and for how long."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="town_halls", verbose_name=_("account")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("municipality")
    )
    association = models.ForeignKey(
        Association,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("association of municipalities"),
    )
    period = PeriodField(_("period"))

    objects = MunicipalStaffQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("municipal staff")
        verbose_name_plural = _("municipal staff")
        constraints = [
            models.CheckConstraint(
                condition=Q(municipality__isnull=False, association__isnull=True)
                | Q(municipality__isnull=True, association__isnull=False),
                name="contacts_municipalstaff_one_town_hall",
                violation_error_message=_("Choose a municipality or an association, one of them."),
            ),
            models.CheckConstraint(
                condition=not_empty,
                name="contacts_municipalstaff_period",
                violation_error_message=_("The period contains no day."),
            ),
            ExclusionConstraint(
                name="contacts_municipalstaff_once",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (Coalesce("municipality", 0), RangeOperators.EQUAL),
                    (Coalesce("association", 0), RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The account already works in this town hall in this period."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.municipality or self.association}"
