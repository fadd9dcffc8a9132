"""Where the addresses of towns, contact persons and offices begin; key and slash follow.

In a list of fifty rows the pattern is looked up once, not once for each row.
"""

from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.views.generic.base import ContextMixin


@cache
def _beginning(name: str, language: str | None) -> str:
    return reverse(name)


def towns_begin() -> str:
    return _beginning("municipality_list", get_language())


def persons_begin() -> str:
    return _beginning("directory", get_language())


def offices_begin() -> str:
    return _beginning("office_list", get_language())


class RowLinks(ContextMixin):
    """Gives templates where the addresses of rows begin."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            towns_url=towns_begin(), persons_url=persons_begin(), offices_url=offices_begin(), **kwargs
        )
