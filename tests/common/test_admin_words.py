"""What the administration calls things is translated; Django's guess from a field's name would be English."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.test import RequestFactory
from django.utils.functional import Promise

from accounts.models import User
from municipalities.models import PostalCode, RegisterLoad

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_every_field_shown_has_a_name_that_is_translated(model: type[Model]) -> None:
    request = RequestFactory().get("/verwaltung/")
    request.user = User(is_superuser=True)
    page = admin.site._registry[model]
    shown = {*flatten_fieldsets(page.get_fieldsets(request)), *page.get_list_display(request)}
    fields = {(model, name) for name in shown}
    for inline in page.get_inline_instances(request):
        fields |= {(inline.model, name) for name in flatten_fieldsets(inline.get_fieldsets(request))}
    named = {(owner, field.name): field.verbose_name for owner, _ in fields for field in owner._meta.fields}
    assert not [key for key in fields & named.keys() if not isinstance(named[key], Promise)]


def test_columns_of_the_register_are_named_in_german() -> None:
    assert PostalCode._meta.get_field("municipality").verbose_name == "Kommune"
    assert RegisterLoad._meta.get_field("checksum").verbose_name == "Prüfsumme der Dateien"
