"""Model fields of places."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from municipalities import lookup


class SearchKeysField(ArrayField):
    """The spellings under which the row's `name` is found, made anew whenever the row is saved or bulk-created."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"base_field": models.CharField(max_length=200), "editable": False, "blank": True, "default": list}
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> list[str]:
        value = list(lookup.keys(getattr(model_instance, "name")))  # noqa: B009
        setattr(model_instance, self.attname, value)
        return value
