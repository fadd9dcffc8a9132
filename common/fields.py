"""Model fields that several apps use."""

import unicodedata
from collections.abc import Callable
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.db import models

from common.forms import PeriodFormField


class DerivedCharField(models.CharField):
    """Text computed in Python from another field whenever the row is saved or bulk-created.

    For what PostgreSQL cannot compute alike everywhere, such as sort keys without ICU collations.
    `derive` is an importable function from the source's text to this field's text. `QuerySet.update()` of the
    source must set this field too.
    """

    def __init__(self, *args: Any, source: str, derive: Callable[[str], str], **kwargs: Any) -> None:
        self.source, self.derive = source, derive
        kwargs.setdefault("max_length", 300)
        kwargs |= {"editable": False, "blank": True}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"source": self.source, "derive": self.derive}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = self.derive(str(getattr(model_instance, self.source) or ""))
        setattr(model_instance, self.attname, value)
        return value


class PeriodField(DateRangeField):
    """Days from and until, half-open in the database; typed and shown with the last day inclusive."""

    form_field = PeriodFormField


class NameField(models.CharField):
    """A name in Latin script with all its diacritics, always composed alike (DIN 91379, NFC), single spaces inside."""

    def to_python(self, value: Any) -> Any:
        return composed(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return composed(super().get_prep_value(value))


def composed(text: Any) -> Any:
    return " ".join(unicodedata.normalize("NFC", text).split()) if isinstance(text, str) else text
