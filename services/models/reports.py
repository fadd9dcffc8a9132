"""Yearly reports (Sachberichte): the figures of an office as they were on a day, and what is said about them."""

import datetime
import hashlib
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.periods import day_of
from common.triggers import refused, unchanging
from common.verbs import NotPossible
from common.versions import Versioned
from contacts.models import Office
from services import report_text
from services.exports import report as document
from services.querysets import OfReport, ReportQuerySet
from services.report_text import Content, Counted


class Damaged(Exception):
    """A frozen report is no longer what it was, and cannot be made again as it was."""


def checksum_of(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


@tracked(exclude=["pdf", "figures"])
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

    def content(self, on: datetime.date) -> Content:
        """What it says: frozen, what it said on its day; else the parts and figures as they are on that day."""
        if self.figures is not None:
            return self.figures
        return self._content(self._counted(on))

    def _content(self, counted: Counted) -> Content:
        return report_text.content(self.office, list(self.blocks.values_list("heading", "text")), counted)

    def _counted(self, on: datetime.date) -> Counted:
        return report_text.counted(self.office, self.year, on, self._frozen_before())

    def counted_to_freeze(self, on: datetime.date) -> Counted:
        """Figures of one snapshot, where no transaction was begun yet."""
        with translation.override(settings.LANGUAGE_CODE):
            return self._counted(on)

    def _frozen_before(self) -> Content | None:
        """What the last frozen report on the year before says."""
        frozen = type(self).objects.filter(office=self.office, year=self.year - 1).exclude(frozen_at=None)
        return frozen.order_by("-edition").values_list("figures", flat=True).first()

    def document(self, on: datetime.date) -> bytes:
        """The PDF: frozen, the very one of its day, proven by its checksum; else a draft.

        Where the stored one was damaged, it is made again from the frozen figures. Raises Damaged where that does not
        give the same either.
        """
        if not self.is_frozen:
            with translation.override(settings.LANGUAGE_CODE):
                return document.pdf(self.content(on), is_draft=True)
        stored = bytes(self.pdf or b"")
        if checksum_of(stored) == self.checksum:
            return stored
        again = document.pdf(self.content(on))
        if checksum_of(again) != self.checksum:
            raise Damaged(str(self))
        return again

    # -- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def begin(cls, office: Office, year: int, on: datetime.date) -> "Report":
        """Begin to write on a year: with what the portal knows of it, or with what the last edition said."""
        if year > on.year:
            raise NotPossible(gettext("The year has not begun yet."))
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            editions = cls.objects.filter(office=office, year=year).order_by("-edition").defer("pdf", "figures")
            last = editions.first()
            if last and not last.is_frozen:
                raise NotPossible(gettext("A report on this year is being written already."))
            report = cls.objects.create(office=office, year=year, edition=last.edition + 1 if last else 1)
            parts = last.blocks.values_list("heading", "text") if last else report_text.first_parts(office, year)
            report.blocks.bulk_create(
                ReportBlock(report=report, heading=heading, text=text, position=number)
                for number, (heading, text) in enumerate(parts)
            )
        return report

    def freeze(self, at: datetime.datetime, *, by: Any, counted: Counted | None = None) -> None:
        """Keep texts, figures and document as they are now, for good.

        Whoever holds the report's row already counts before, by `counted_to_freeze`.
        """
        counted = counted or self.counted_to_freeze(day_of(at))
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            self.refresh_from_db(from_queryset=type(self).objects.select_for_update(no_key=True))
            if self.is_frozen:
                raise NotPossible(gettext("The report is frozen already."))
            self.as_of = counted.now.as_of
            self.figures = self._content(counted)
            self.pdf = document.pdf(self.figures)
            self.checksum = checksum_of(self.pdf)
            self.frozen_at, self.frozen_by = at, by
            self.save()


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
                declare=[("frozen", "timestamptz")],
                # Whoever freezes the report at this moment is waited for, and waits.
                func="""
                    SELECT frozen_at INTO frozen FROM services_report
                        WHERE id = COALESCE(NEW.report_id, OLD.report_id) FOR SHARE;
                    IF frozen IS NOT NULL THEN
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
