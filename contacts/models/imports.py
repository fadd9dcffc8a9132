"""A sheet of contacts that somebody uploaded: kept until it is carried out, so that its preview survives everything."""

import datetime
from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.database_errors import as_validation_error
from common.versions import Versioned
from contacts.models.offices import Office
from contacts.models.people import Person
from contacts.querysets import ContactImportQuerySet
from contacts.rules import standing

if TYPE_CHECKING:
    from accounts.models import User
    from contacts.imports.columns import Sheet
    from contacts.imports.plan import Plan, Progress

KEEP_OPEN = datetime.timedelta(days=7)
KEEP_DONE = datetime.timedelta(days=90)
LARGE = 500  # rows


class OutcomeChanged(Exception):
    """What the import would do is no longer what was shown; nothing was changed, and the new preview is stored."""


@tracked(exclude=["table", "outcomes", "fingerprint"])
class ContactImport(Versioned):
    """One upload: its rows as text and, for each, what it would change. Both go once it is carried out."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="imports", verbose_name=_("office"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="contact_imports", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    holds_from = models.DateField(_("first day where the file gives none"))
    clears_empty = models.BooleanField(_("empty cells delete what was there"), default=False)
    table = models.JSONField(_("rows of the file"), default=dict)
    outcomes = models.JSONField(_("preview"), default=list)
    fingerprint = models.CharField(max_length=64, blank=True)
    not_mentioned = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(_("new"), default=0)
    rows_changed = models.PositiveIntegerField(_("changed"), default=0)
    rows_unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rows_refused = models.PositiveIntegerField(_("not accepted"), default=0)
    carried_out_at = models.DateTimeField(_("carried out at"), null=True)

    objects = ContactImportQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("import of contacts")
        verbose_name_plural = _("imports of contacts")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.office}, {timezone.localtime(self.uploaded_at):%d.%m.%Y %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("admin:contacts_contactimport_change", args=[self.pk])

    @property
    def is_refused(self) -> bool:
        return self.rows_refused > 0

    @property
    def has_changes(self) -> bool:
        return self.rows_new + self.rows_changed > 0

    @property
    def can_be_carried_out(self) -> bool:
        return self.carried_out_at is None and self.has_changes and not self.is_refused

    @property
    def is_large(self) -> bool:
        """Whether going through it takes so long that one wants to know how far it is."""
        return len(self.table.get("rows", ())) > LARGE

    @property
    def deleted_on(self) -> datetime.date:
        """The day after which nothing of it is kept."""
        at = self.carried_out_at + KEEP_DONE if self.carried_out_at else self.uploaded_at + KEEP_OPEN
        return timezone.localdate(at)

    @property
    def sheet(self) -> "Sheet":
        """The uploaded rows with their columns; raises TableRefused where the columns are not known."""
        from common.tables import Table, TableRow
        from contacts.imports.columns import recognised

        rows = [TableRow(number, tuple(cells), tuple(problems)) for number, cells, problems in self.table["rows"]]
        return recognised(Table(self.table["kind"], rows))

    @sheet.setter
    def sheet(self, sheet: "Sheet") -> None:
        rows = [[row.number, list(row.cells), list(row.problems)] for row in (sheet.header, *sheet.rows)]
        self.table = {"kind": sheet.kind, "rows": rows}

    def preview(self, by: "User") -> Generator["Progress", None, None]:
        """Work out again what it would change where that account confirms it, and store that; yields how far it is."""
        self._store((yield from self._plan(by)))

    def carry_out(self, by: "User") -> Generator["Progress", None, None]:
        """Change everything as it was shown, with the rights of that account; yields how far it is.

        Raises OutcomeChanged where it would be something else by now, ValidationError where the database refuses;
        then nothing was changed.
        """
        from contacts.imports import carrying_out
        from contacts.imports.plan import Progress

        shown = self.fingerprint
        try:
            with transaction.atomic():
                # Imports of an office take turns, and one is carried out once.
                Office.objects.select_for_update(no_key=True).get(pk=self.office_id)
                self._hold()
                if not self.can_be_carried_out:
                    raise ValidationError(gettext("This import was carried out already, or there is nothing to do."))
                plan = yield from self._plan(by, locks=True)
                if plan.fingerprint == shown:
                    for step in carrying_out.carry_out(plan):
                        yield Progress(step.total + step.done, 2 * step.total)
                    self.carried_out_at = timezone.now()
                    self.table, self.outcomes = {}, []
                    self.save()
                    return
        except DatabaseError as error:
            refusal = as_validation_error(error)
            if refusal is None:
                raise
            raise refusal from error
        self._store(plan)
        raise OutcomeChanged

    def _plan(self, by: "User", *, locks: bool = False) -> Generator["Progress", None, "Plan"]:
        from contacts.imports import planning
        from contacts.imports.plan import Wish

        wish = Wish(self.holds_from, standing(by).on, self.clears_empty)
        changeable = Person.objects.administered_by(by)
        return (yield from planning.plan(self.sheet, self.office, wish, changeable, locks=locks))

    def _hold(self, *fields: str) -> None:
        """Read these fields, or all, as they are now, and keep others from the row until the transaction ends."""
        try:
            self.refresh_from_db(fields=fields or None, from_queryset=ContactImport.objects.select_for_update())
        except ContactImport.DoesNotExist:
            raise ValidationError(gettext("This import no longer exists.")) from None

    @transaction.atomic
    def _store(self, plan: "Plan") -> None:
        if self.pk:
            self._hold("carried_out_at")
            if self.carried_out_at:
                raise ValidationError(gettext("This import was carried out already."))
        self.outcomes = [asdict(outcome) for outcome in plan.outcomes]
        self.fingerprint = plan.fingerprint
        self.not_mentioned = plan.not_mentioned
        for kind in ("new", "changed", "unchanged", "refused"):
            setattr(self, f"rows_{kind}", sum(outcome.kind == kind for outcome in plan.outcomes))
        self.save()


def imports_over(on: datetime.date) -> models.QuerySet[ContactImport]:
    """Those whose time is over on that day."""
    begin = timezone.make_aware(datetime.datetime.combine(on, datetime.time()))
    is_left = models.Q(carried_out_at=None, uploaded_at__lt=begin - KEEP_OPEN)
    return ContactImport.objects.filter(is_left | models.Q(carried_out_at__lt=begin - KEEP_DONE))
