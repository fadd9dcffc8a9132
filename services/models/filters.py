"""Filters of the list of requests that somebody keeps under a name."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.fields import NameField
from common.sort_keys import SortKey
from services.querysets import SavedFilterQuerySet


class SavedFilter(models.Model):
    """A list as somebody wants to find it again: the query of its address, under a name of their own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = NameField(_("name"), max_length=80)
    query = models.CharField(_("filter"), max_length=500)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = [SortKey("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="services_savedfilter_name",
                violation_error_message=_("You already have a filter of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('requests')}?{self.query}"
