"""Yearly reports (Sachberichte): the figures of an office as they were on a day, and what is said about them."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.triggers import refused, unchanging
from common.versions import Versioned
from contacts.models import Office
from services.querysets import OfReport, ReportQuerySet


@tracked(exclude=["pdf"])
class Report(Versioned):
    """The report of one office on one year. Frozen, its figures, texts and PDF stay as they are, with a checksum.

    `figures` holds what services/figures.py worked out, with the names and keys of that day.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="reports", verbose_name=_("office"))
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    edition = models.PositiveSmallIntegerField(_("edition"), default=1, editable=False)
    as_of = models.DateField(_("as of"), null=True, editable=False)
    figures = models.JSONField(_("figures"), null=True, editable=False)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True, editable=False)
    pdf = models.BinaryField(null=True, editable=False)
    frozen_at = models.DateTimeField(_("frozen"), null=True, editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("frozen by"),
    )

    objects = ReportQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("annual report")
        verbose_name_plural = _("annual reports")
        ordering = ["-year", "-edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "year", "edition"],
                name="services_report_once",
                violation_error_message=_("The office already has this edition of the report."),
            ),
            # One is written on at a time.
            models.UniqueConstraint(
                fields=["office", "year"],
                condition=Q(frozen_at=None),
                name="services_report_one_open",
                violation_error_message=_("A report on this year is being written already."),
            ),
            models.CheckConstraint(
                condition=Q(frozen_at=None)
                | Q(as_of__isnull=False, figures__isnull=False, pdf__isnull=False) & ~Q(checksum=""),
                name="services_report_frozen_whole",
                violation_error_message=_("A frozen report holds its day, figures, PDF and checksum."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", "year", "edition", constraint="services_report_subject_kept"),
            refused(
                pgtrigger.Condition(
                    "OLD.frozen_at IS NOT NULL AND (OLD.figures, OLD.checksum, OLD.pdf, OLD.as_of, OLD.frozen_at) "
                    "IS DISTINCT FROM (NEW.figures, NEW.checksum, NEW.pdf, NEW.as_of, NEW.frozen_at)"
                ),
                operation=pgtrigger.Update,
                constraint="services_report_frozen",
            ),
            refused("OLD.frozen_at IS NOT NULL", operation=pgtrigger.Delete, constraint="services_report_stays"),
        ]

    def __str__(self) -> str:
        return f"{self.office}, {self.year}"

    def get_absolute_url(self) -> str:
        return reverse("report", args=[self.pk])

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


@tracked()
class ReportBlock(Versioned):
    """A part of a report in words, with its heading."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="blocks")
    heading = models.CharField(_("heading"), max_length=200)
    text = models.TextField(_("text"), blank=True, max_length=20000, help_text=_("List entries begin with -."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = OfReport.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("part of a report")
        verbose_name_plural = _("parts of reports")
        ordering = ["position", "pk"]
        triggers = [
            *Versioned.Meta.triggers,
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT FROM services_report WHERE id = COALESCE(NEW.report_id, OLD.report_id)
                            AND frozen_at IS NOT NULL) THEN
                        RAISE check_violation USING MESSAGE = 'the report is frozen',
                            CONSTRAINT = 'services_reportblock_frozen';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.heading

    @property
    def office_id(self) -> int:
        """May query the report."""
        return self.report.office_id
