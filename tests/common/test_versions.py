"""Two people edit the same row: the second is shown both texts and loses nothing."""

import threading

import pytest
from django import forms
from django.contrib import admin
from django.db import connection, transaction
from django.forms import inlineformset_factory
from django.test import RequestFactory
from django.utils import translation

from common.versions import Versioned, VersionedAdminMixin, VersionedModelForm
from contacts.models import ContactPerson, Person
from tests.factories import ContactPersonFactory, OrganisationFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


class PersonForm(VersionedModelForm):
    class Meta:
        model = Person
        fields = ["given_name", "family_name", "organisation"]


class PostForm(VersionedModelForm):
    class Meta:
        model = ContactPerson
        fields = ["room", "function", "is_published"]


def typed(form, **changes):
    """What a browser sends of the form after some fields were changed."""
    values = {bound.html_name: bound.value() for bound in form}
    sent = {name: value for name, value in values.items() if value not in (None, False)}
    return sent | {form.add_prefix(name): value for name, value in changes.items()}


def test_unchanged_row_is_saved():
    person = PersonFactory()
    form = PersonForm(typed(PersonForm(instance=person), given_name="Anna"), instance=person)
    assert form.is_valid()
    form.save()
    assert Person.objects.get().given_name == "Anna"


def test_second_writer_is_shown_both_texts_and_loses_nothing():
    person = PersonFactory(given_name="Erika")
    sent = typed(PersonForm(instance=person), given_name="Anna")
    Person.objects.update(given_name="Berta")
    form = PersonForm(sent, instance=Person.objects.get())
    assert not form.is_valid()
    assert form.errors["given_name"] == ["Stored meanwhile: “Berta”. Your entry: “Anna”."]
    assert form.non_field_errors()
    assert set(form.errors) == {"given_name", "__all__"}
    assert 'value="Anna"' in str(form["given_name"])


def test_sending_again_after_seeing_both_keeps_ones_own():
    person = PersonFactory(given_name="Erika")
    sent = typed(PersonForm(instance=person), given_name="Anna")
    Person.objects.update(given_name="Berta")
    form = PersonForm(sent, instance=Person.objects.get())
    assert not form.is_valid()
    again = PersonForm({bound.html_name: bound.value() for bound in form}, instance=Person.objects.get())
    assert again.is_valid()
    again.save()
    assert Person.objects.get().given_name == "Anna"


def test_change_elsewhere_in_the_row_is_no_conflict():
    person = PersonFactory()
    sent = typed(PersonForm(instance=person), given_name="Anna")
    Person.objects.update(phone="05555 1")
    form = PersonForm(sent, instance=Person.objects.get())
    assert form.is_valid()


def test_form_without_version_is_compared_too():
    person = PersonFactory(given_name="Erika")
    sent = typed(PersonForm(instance=person), given_name="Anna")
    del sent["seen_version"]
    assert not PersonForm(sent, instance=person).is_valid()


def test_choices_are_shown_by_name():
    person = PersonFactory(organisation=OrganisationFactory(name="Musterverein A"))
    other = OrganisationFactory(name="Musterverein B")
    sent = typed(PersonForm(instance=person), organisation=other.pk)
    Person.objects.update(organisation=None)
    form = PersonForm(sent, instance=Person.objects.get())
    assert form.errors["organisation"] == ["Stored meanwhile: “–”. Your entry: “Musterverein B”."]


def test_row_deleted_meanwhile_is_said_so():
    person = PersonFactory()
    sent = typed(PersonForm(instance=person), given_name="Anna")
    Person.objects.all().delete()
    assert PersonForm(sent, instance=person).non_field_errors() == ["Somebody deleted this entry while you edited it."]


def test_new_row_has_nothing_to_compare_with():
    assert PersonForm({"given_name": "Erika", "family_name": "Beispiel"}).is_valid()


def test_rows_of_a_formset_are_compared_one_by_one():
    post = ContactPersonFactory(room="A 1")
    untouched = ContactPersonFactory(office=post.office, person=PersonFactory(), room="Z 9")
    formset_class = inlineformset_factory(type(post.office), ContactPerson, form=PostForm, extra=0)
    shown = formset_class(instance=post.office)
    sent = {bound.html_name: bound.value() for bound in shown.management_form}
    for form in shown:
        sent |= typed(form, **({"room": "B 2"} if form.instance == post else {}))
        sent[form.add_prefix("id")] = form.instance.pk
    ContactPerson.objects.filter(pk=post.pk).update(room="C 3")
    formset = formset_class(sent, instance=post.office)
    assert not formset.is_valid()
    errors = {form.instance: form.errors for form in formset}
    assert errors[post]["room"] == ["Stored meanwhile: “C 3”. Your entry: “B 2”."]
    assert not errors[untouched]
    [conflict] = [form for form in formset if form.instance == post]
    assert forms.IntegerField().clean(conflict["seen_version"].value()) == post.version + 1


def edited_in_the_admin():
    """The models whose rows the admin changes, on pages of their own or on those of others."""
    request = RequestFactory().get("/")
    request.user = UserFactory(is_superuser=True)
    for page in admin.site._registry.values():
        if page.has_change_permission(request):
            yield page
            yield from (part for part in page.get_inline_instances(request) if part.has_change_permission(request))


def test_everything_the_admin_edits_knows_two_writers():
    pages = list(edited_in_the_admin())
    assert len(pages) > 20
    assert [page for page in pages if not issubclass(page.model, Versioned)] == []
    assert [page for page in pages if not isinstance(page, VersionedAdminMixin)] == []


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_the_same_moment():
    person = PersonFactory(given_name="Erika")
    sent = {name: typed(PersonForm(instance=person), given_name=name) for name in ("Anna", "Berta")}
    together, outcomes = threading.Barrier(2, timeout=20), []

    def write(name):
        try:
            form = PersonForm(sent[name], instance=Person.objects.get())
            together.wait()
            with transaction.atomic():
                if valid := form.is_valid():
                    form.save()
            outcomes.append(valid)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, True]
