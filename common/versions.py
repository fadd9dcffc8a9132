"""Two writers: a version that the database raises at every change, checked wherever a row is edited."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def raise_version(*, generated: list[str] | None = None) -> pgtrigger.Trigger:
    """The trigger that counts real changes; generated columns must be named, PostgreSQL does not know them yet then."""
    return pgtrigger.Trigger(
        name="raise_version",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["version", "changed_at", *(generated or [])]),
        func="NEW.version = OLD.version + 1; NEW.changed_at = now(); RETURN NEW;",
    )


class Versioned(models.Model):
    """A row that knows how often and when it was changed, whoever changed it."""

    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        triggers = [raise_version()]
