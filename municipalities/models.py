"""The places: states, districts, associations and municipalities of Germany, as they are and as they were."""

import datetime
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import DerivedCharField, PeriodField
from common.sort_keys import sort_key
from common.triggers import unchanging
from common.versions import Versioned
from municipalities import dependants
from municipalities.fields import SearchKeysField
from municipalities.querysets import DistrictQuerySet, LocalityQuerySet, MunicipalityQuerySet


class State(Versioned):
    """A Land; key of 2 digits."""

    ags = models.CharField(_("official key"), max_length=2, unique=True, validators=[RegexValidator(r"^\d{2}$")])
    name = models.CharField(_("name"), max_length=100)
    abbreviation = models.CharField(_("abbreviation"), max_length=10, blank=True)
    sort_key = DerivedCharField(source="name", derive=sort_key)

    class Meta(Versioned.Meta):
        verbose_name = _("state")
        verbose_name_plural = _("states")
        ordering = ["sort_key"]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["sort_key"])
class District(Versioned):
    """A Kreis, Landkreis or a city without a district; key of 5 digits."""

    ags = models.CharField(_("official key"), max_length=5, unique=True, validators=[RegexValidator(r"^\d{5}$")])
    name = models.CharField(_("name"), max_length=100, help_text=_("Short, for example Lippe."))
    kind = models.CharField(_("kind"), max_length=50)
    full_name = models.CharField(_("full name"), max_length=150, help_text=_("Unique, for example Kreis Lippe."))
    state = models.ForeignKey(State, models.PROTECT, related_name="districts", verbose_name=_("state"))
    seat = models.CharField(_("seat"), max_length=100, blank=True)
    period = PeriodField(_("period"), default=periods.period(None))
    sort_key = DerivedCharField(source="full_name", derive=sort_key)

    objects = DistrictQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["sort_key"]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("district", args=[self.ags])

    def exists(self, on: datetime.date) -> bool:
        return periods.contains(self.period, on)


@tracked(exclude=["sort_key"])
class Association(Versioned):
    """A Verbandsgemeinde, Samtgemeinde or Amt: many small places share its town hall; key of 9 digits."""

    ars = models.CharField(_("official key"), max_length=9, unique=True, validators=[RegexValidator(r"^\d{9}$")])
    name = models.CharField(_("name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=60)
    district = models.ForeignKey(District, models.PROTECT, related_name="associations", verbose_name=_("district"))
    seat = models.CharField(_("seat"), max_length=100, blank=True)
    period = PeriodField(_("period"), default=periods.period(None))
    sort_key = DerivedCharField(source="name", derive=sort_key)

    class Meta(Versioned.Meta):
        verbose_name = _("association of municipalities")
        verbose_name_plural = _("associations of municipalities")
        ordering = ["sort_key"]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["sort_key"])
class Municipality(Versioned):
    """A town or village with its own council; key (AGS) of 8 digits, which never changes."""

    ags = models.CharField(
        _("official key (AGS)"),
        max_length=8,
        unique=True,
        validators=[RegexValidator(r"^\d{8}$", _("The key has 8 digits."))],
    )
    name = models.CharField(_("name"), max_length=100)
    second_name = models.CharField(
        _("second name"), max_length=100, blank=True, help_text=_("Official name in another language.")
    )
    title = models.CharField(_("title"), max_length=100, blank=True, help_text=_("For example Hansestadt."))
    designation = models.CharField(_("designation"), max_length=50, help_text=_("For example Stadt or Gemeinde."))
    district = models.ForeignKey(District, models.PROTECT, related_name="municipalities", verbose_name=_("district"))
    association = models.ForeignKey(
        Association,
        models.PROTECT,
        related_name="municipalities",
        null=True,
        blank=True,
        verbose_name=_("association of municipalities"),
    )
    population = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    area_km2 = models.DecimalField(_("area in km²"), max_digits=8, decimal_places=2, null=True, blank=True)
    town_hall_postal_code = models.CharField(_("postal code of the town hall"), max_length=5, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    website = models.URLField(_("website"), blank=True)
    period = PeriodField(_("period"), default=periods.period(None))
    sort_key = DerivedCharField(source="name", derive=sort_key)

    objects: ClassVar = MunicipalityQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering = ["sort_key", "ags"]
        indexes = [
            # The list of all municipalities and of one district, in alphabetical order.
            models.Index(fields=["sort_key", "ags"], name="municipality_alphabetical"),
            models.Index(fields=["district", "sort_key"], name="municipality_of_district"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(period__isempty=False),
                name="municipalities_municipality_period",
                violation_error_message=_("The period contains no day."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("ags", constraint="municipalities_municipality_ags_kept"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("municipality", args=[self.ags])

    def exists(self, on: datetime.date) -> bool:
        return periods.contains(self.period, on)

    def end(self, last_day: datetime.date) -> None:
        """It is no municipality of its own after that day; nothing that hangs on it is touched."""
        self.period = periods.period(self.period.lower, last_day)
        self.save()


@tracked()
class Succession(Versioned):
    """What became of a municipality: merged into, divided among, or given another key."""

    class Kind(models.TextChoices):
        MERGED = "merged", _("merged into")
        DIVIDED = "divided", _("divided among")
        REKEYED = "rekeyed", _("given another key")

    predecessor = models.ForeignKey(
        Municipality, models.PROTECT, related_name="succeeded_by", verbose_name=_("predecessor")
    )
    successor = models.ForeignKey(Municipality, models.PROTECT, related_name="preceded_by", verbose_name=_("successor"))
    took_effect_on = models.DateField(_("took effect on"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    class Meta(Versioned.Meta):
        verbose_name = _("territorial change")
        verbose_name_plural = _("territorial changes")
        ordering = ["-took_effect_on"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="municipalities_succession_once"),
            models.CheckConstraint(
                condition=~models.Q(predecessor=models.F("successor")),
                name="municipalities_succession_to_another",
                violation_error_message=_("A municipality cannot follow itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"

    def end_predecessor(self) -> list[str] | None:
        """End it with the day before; what is then still open on it, in sentences. None where it had ended before."""
        if not self.predecessor.exists(self.took_effect_on):
            return None
        self.predecessor.end(self.took_effect_on - periods.ONE_DAY)
        return [sentence for _town, sentence in dependants.of([self.predecessor], self.took_effect_on)]


class PostalCode(models.Model):
    """One pair of postal code and municipality, with the place name the source gives."""

    class Kind(models.TextChoices):
        AREA = "area", _("area")
        OFFICE = "office", _("post box of a town hall")

    code = models.CharField(_("postal code"), max_length=5, validators=[RegexValidator(r"^\d{5}$")])
    municipality = models.ForeignKey(
        Municipality, models.CASCADE, related_name="postal_codes", verbose_name=_("municipality")
    )
    place = models.CharField(_("place"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    class Meta:
        verbose_name = _("postal code")
        verbose_name_plural = _("postal codes")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code", "municipality", "place"], name="municipalities_postalcode_once")
        ]

    def __str__(self) -> str:
        return self.code


@tracked(exclude=["sort_key", "search_keys"])
class Locality(Versioned):
    """An Ortsteil, entered or imported by an office; there is no national list."""

    name = models.CharField(_("name"), max_length=100)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="localities", verbose_name=_("municipality")
    )
    sort_key = DerivedCharField(source="name", derive=sort_key)
    search_keys = SearchKeysField()

    objects = LocalityQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("locality")
        verbose_name_plural = _("localities")
        ordering = ["sort_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "sort_key"],
                name="municipalities_locality_once",
                violation_error_message=_("This municipality already has a locality of that name."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            pgtrigger.Trigger(
                name="keep_search_names",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    DELETE FROM municipalities_searchname WHERE locality_id = NEW.id;
                    INSERT INTO municipalities_searchname (municipality_id, locality_id, kind, folded, shown)
                        SELECT NEW.municipality_id, NEW.id, 'locality', unnest(NEW.search_keys), NEW.name;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SearchName(models.Model):
    """One way to find a municipality: a name it goes by, folded as `municipalities.lookup` folds what is typed."""

    class Kind(models.TextChoices):
        NAME = "name", _("name")
        SECOND_NAME = "second_name", _("second name")
        LOCALITY = "locality", _("locality")
        ASSOCIATION = "association", _("association of municipalities")
        PLACE = "place", _("name in the postal directory")

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="search_names")
    locality = models.ForeignKey(
        Locality, models.CASCADE, related_name="search_names", null=True, help_text="The locality of that name."
    )
    kind = models.CharField(max_length=20, choices=Kind)
    folded = models.CharField(max_length=200)
    shown = models.CharField(max_length=150, blank=True, help_text="As written, where it is not the town's own name.")

    class Meta:
        verbose_name = _("search name")
        verbose_name_plural = _("search names")
        indexes = [
            # The lookup: similar names by trigrams.
            # Without fastupdate, as a long list of pending entries makes the planner read the whole table.
            GinIndex(fields=["folded"], name="searchname_trigrams", opclasses=["gin_trgm_ops"], fastupdate=False),
            # The lookup: exact names and beginnings of names.
            models.Index(fields=["folded"], name="searchname_prefix", opclasses=["text_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.folded


class Outline(models.Model):
    """The outline of a municipality as an SVG path in its district's map, projected when it is loaded."""

    municipality = models.OneToOneField(Municipality, models.CASCADE, related_name="outline", primary_key=True)
    path = models.TextField()
    label_x = models.PositiveIntegerField(help_text="A point inside the outline.")
    label_y = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("outline")
        verbose_name_plural = _("outlines")

    def __str__(self) -> str:
        return str(self.pk)


class DistrictMap(models.Model):
    """The frame of a district's map: the SVG view box its municipalities' outlines are projected to."""

    district = models.OneToOneField(District, models.CASCADE, related_name="map", primary_key=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    path = models.TextField(help_text="The district's own outline in the same projection.")

    class Meta:
        verbose_name = _("district map")
        verbose_name_plural = _("district maps")

    def __str__(self) -> str:
        return str(self.pk)


class DataSource(models.Model):
    """A file the register was loaded from: who publishes it, on what terms, and of which day it is."""

    file = models.CharField(_("file"), max_length=100, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    title = models.CharField(_("title"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    url = models.URLField(_("address"), blank=True)
    licence = models.CharField(_("terms"), max_length=100)
    licence_url = models.URLField(_("address of the terms"), blank=True)
    attribution = models.CharField(_("attribution"), max_length=300, help_text=_("Shown wherever the data are."))
    notice = models.TextField(_("notes"), blank=True)
    state_on = models.DateField(_("data of"))

    class Meta:
        verbose_name = _("data source")
        verbose_name_plural = _("data sources")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class RegisterLoad(models.Model):
    """When the register of places was last brought to the state of which files."""

    state_on = models.DateField(_("territorial state of"))
    checksum = models.CharField(_("checksum of the files"), max_length=64)
    loaded_at = models.DateTimeField(_("loaded at"), default=timezone.now)

    class Meta:
        verbose_name = _("load of the register")
        verbose_name_plural = _("loads of the register")
        ordering = ["-loaded_at"]
        get_latest_by = "loaded_at"

    def __str__(self) -> str:
        return str(self.state_on)
