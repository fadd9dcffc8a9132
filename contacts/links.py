"""Addresses in long lists: the pattern is looked up once for a page, not once for each of its rows."""

from typing import Any

from django.urls import reverse
from django.views.generic.base import ContextMixin


class RowLinks(ContextMixin):
    """Gives templates where the addresses of towns, contact persons and offices begin; key and slash follow."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            towns_url=reverse("municipality_list"),
            persons_url=reverse("directory"),
            offices_url=reverse("office_list"),
            **kwargs,
        )
