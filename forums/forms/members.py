"""What people type about who belongs to a forum."""

import datetime
from typing import Any

from crispy_forms.layout import Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.choices import QuickSelect
from common.forms import Helper, PeriodFormField
from common.periods import period
from common.sort_keys import sort_key
from common.versions import VersionedModelForm
from contacts.filters import containing_words
from contacts.models import MunicipalStaff, OfficeMembership, Organisation, Person
from contacts.querysets import in_area_of
from forums.models import Forum, Membership
from forums.querysets import people_for
from municipalities.models import Municipality

MOST_CHOICES = 300


class MembershipForm(VersionedModelForm):
    """Role, organisation and days of somebody who belongs to a forum."""

    period = PeriodFormField(label=_("Belongs to the forum"), unlimited=True)

    class Meta:
        model = Membership
        fields = ["organisation", "role", "period"]
        help_texts = {"organisation": _("For whom the person speaks.")}
        widgets = {"organisation": QuickSelect}

    def __init__(self, *args: Any, user: Any, forum: Forum, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.forum, self.cancel_url = user, forum, cancel_url
        field: Any = self.fields["organisation"]
        field.queryset = Organisation.objects.filter(
            Q(pk__in=Organisation.objects.visible_to(user).values("pk")) | Q(pk=self.instance.organisation_id)
        )
        _offer(field, self["organisation"].value(), _organisations_near(field.queryset, forum), lambda row: row.name)

    def form_of(self, stored: Membership) -> "MembershipForm":
        return type(self)(instance=stored, prefix=self.prefix, user=self.user, forum=self.forum)

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


class NewMembershipForm(MembershipForm):
    """Somebody chosen from the list, or a person or organisation entered with it."""

    given_name = forms.CharField(label=_("Given name"), required=False, max_length=100)
    family_name = forms.CharField(label=_("Family name"), required=False, max_length=100)
    email = forms.EmailField(
        label=_("Mail address"), required=False, help_text=_("Invitations and minutes are sent there.")
    )
    new_organisation = forms.CharField(
        label=_("Another organisation"), required=False, max_length=200, help_text=_("If it is not in the list.")
    )

    class Meta(MembershipForm.Meta):
        fields = ["person", *MembershipForm.Meta.fields]
        help_texts = MembershipForm.Meta.help_texts | {
            "person": _("Leave this empty where you enter somebody new, or an organisation without a person."),
        }
        widgets = MembershipForm.Meta.widgets | {"person": QuickSelect}

    def __init__(self, *args: Any, on: datetime.date, search: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.initial["period"] = period(on)
        field: Any = self.fields["person"]
        field.queryset = people = people_for(self.user)
        offered = containing_words(people, "sort_key", search) if search else _people_near(people, self.forum, on)
        _offer(field, self["person"].value(), offered, lambda row: row.sorted_name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("new_organisation") and cleaned.get("organisation"):
            self.add_error("new_organisation", _("Please choose an organisation or enter another one, not both."))
        if any(self.data.get(self.add_prefix(name)) for name in ("given_name", "family_name", "email")):
            self._check_new_person(cleaned)
        elif not self.errors and not any(cleaned[name] for name in ("person", "organisation", "new_organisation")):
            self.add_error("person", _("Choose a person, an organisation, or both."))
        return cleaned

    def _check_new_person(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("person"):
            self.add_error("person", _("Please choose a person or enter a new one, not both."))
        for name in ("given_name", "family_name"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Please give first and family name."))
        if email := cleaned.get("email"):
            same = Q(email__iexact=email) | Q(user__email__iexact=email)
            if known := people_for(self.user).filter(same).first():
                text = gettext("%(person)s has this address already; please choose the name from the list.")
                self.add_error("email", ValidationError(text % {"person": known}, code="known"))

    def _post_clean(self) -> None:
        """The membership is checked with what is entered beside it; both are written by `save`."""
        if self.errors:
            return
        with transaction.atomic():
            self._write_new()
            super()._post_clean()  # type: ignore[misc]
            transaction.set_rollback(True)

    def save(self, commit: bool = True) -> Membership:
        self._write_new()
        self.instance.person, self.instance.organisation = (
            self.cleaned_data["person"],
            self.cleaned_data["organisation"],
        )
        membership: Membership = super().save(commit)
        return membership

    def _write_new(self) -> None:
        """Write the person and the organisation that are entered with the membership."""
        cleaned = self.cleaned_data
        if name := cleaned["new_organisation"]:
            known = Organisation.objects.visible_to(self.user).filter(sort_key=sort_key(name)).first()
            cleaned["organisation"] = known or Organisation.objects.create(name=name, kind=Organisation.Kind.OTHER)
        if cleaned["family_name"]:
            cleaned["person"] = Person.objects.create(
                given_name=cleaned["given_name"],
                family_name=cleaned["family_name"],
                email=cleaned["email"],
                organisation=cleaned["organisation"],
                user=self._account(cleaned["email"]),
            )

    def _account(self, email: str) -> User | None:
        """The account with this address, of a town hall or office that the forum has to do with."""
        if not email:
            return None
        offices = self.forum.offices()
        staff = MunicipalStaff.objects.in_area_of_offices(offices).current(self.on).values("user")
        colleagues = OfficeMembership.objects.filter(office__in=offices).current(self.on).values("user")
        known = User.objects.filter(Q(pk__in=staff) | Q(pk__in=colleagues))
        return known.filter(email__iexact=email, is_active=True, person=None).first()

    @property
    def helper(self) -> Helper:
        return Helper(
            self,
            "person",
            Fieldset(_("A new person"), "given_name", "family_name", "email"),
            Fieldset(_("Organisation"), "organisation", "new_organisation"),
            "role",
            "period",
            submit=_("Add"),
            cancel_url=self.cancel_url,
        )


def _offer(field: Any, chosen: Any, rows: QuerySet[Any], label: Any) -> None:
    """Show some of the rows that may be chosen, and the chosen one."""
    shown = list(rows.order_by("sort_key", "pk")[:MOST_CHOICES])
    if chosen and str(chosen) not in {str(row.pk) for row in shown} and str(chosen).isdecimal():
        shown += field.queryset.filter(pk=chosen)
    field.widget.choices = [("", "–"), *((row.pk, label(row)) for row in shown)]


def _people_near(people: QuerySet[Person], forum: Forum, on: datetime.date) -> QuerySet[Person]:
    """Those of the forum's offices and of the forums that these lead."""
    offices = forum.offices()
    forums = Membership.objects.filter(forum__office__in=offices)
    here = Person.objects.filter(posts__office__in=offices, posts__period__contains=on)
    return people.filter(Q(pk__in=here.values("pk")) | Q(pk__in=forums.values("person")))


def _organisations_near(organisations: QuerySet[Organisation], forum: Forum) -> QuerySet[Organisation]:
    """Those of the area of the forum's offices, those of no town, and those of the forums that the offices lead."""
    offices = forum.offices()
    towns = Municipality.objects.filter(in_area_of(offices))
    forums = Membership.objects.filter(forum__office__in=offices)
    return organisations.filter(
        Q(municipality__in=towns.values("pk")) | Q(municipality=None) | Q(pk__in=forums.values("organisation"))
    )
