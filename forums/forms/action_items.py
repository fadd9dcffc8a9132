"""What people type about tasks."""

import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper
from common.versions import VersionedModelForm
from contacts.models import ContactPerson, Organisation, Person
from forums.models import ActionItem, Forum, Membership


def people_of(forum: Forum, on: datetime.date) -> Any:
    """Who may be given a task: the forum's members, and who works at its offices, today or later."""
    offices = [forum.office_id, *forum.partner_links.values_list("office", flat=True)]
    members = Membership.objects.upcoming(on).filter(forum=forum, person__isnull=False)
    posts = ContactPerson.objects.of_offices(offices).upcoming(on)
    found = Q(pk__in=members.values("person")) | Q(pk__in=posts.order_by().values("person"))
    return Person.objects.filter(found).order_by("sort_key")


def organisations_of(forum: Forum, on: datetime.date) -> Any:
    """The organisations that belong to the forum, or whose people do."""
    members = Membership.objects.upcoming(on).filter(forum=forum)
    found = Q(pk__in=members.values("organisation")) | Q(pk__in=members.values("person__organisation"))
    return Organisation.objects.filter(found).order_by("sort_key")


class ActionItemForm(VersionedModelForm):
    """What is to be done, by whom and until when; what is for the offices only is theirs to say."""

    due_on = DayField(label=_("Due on"), required=False)

    class Meta:
        model = ActionItem
        fields = ["what", "person", "organisation", "due_on", "is_internal"]
        labels = {
            "what": _("What is to be done"),
            "person": _("Who does it"),
            "organisation": _("Organisation that does it"),
            "is_internal": _("For the offices only"),
        }
        help_texts = {
            "what": _("In one sentence, so that it is clear to whoever did not attend."),
            "person": _("Members of the forum and staff of its offices. They are told by mail."),
            "organisation": _("Where no single person is named."),
            "is_internal": _("Who does it sees the task all the same."),
        }

    def __init__(
        self, *args: Any, on: datetime.date, sees_internal: bool = True, cancel_url: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.sees_internal, self.cancel_url = on, sees_internal, cancel_url
        if not sees_internal:
            del self.fields["is_internal"]
        task: ActionItem = self.instance
        for name, found, stored in (
            ("person", people_of(task.forum, on), task.person_id),
            ("organisation", organisations_of(task.forum, on), task.organisation_id),
        ):
            field: Any = self.fields[name]
            # Who is named already may stay.
            field.queryset = found | found.model.objects.filter(pk=stored) if stored else found
            field.empty_label = _("not named")

    def form_of(self, stored: ActionItem) -> "ActionItemForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on, sees_internal=self.sees_internal)

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


class ProgressForm(VersionedModelForm):
    """How far a task is; done and dropped are noted with the day."""

    class Meta:
        model = ActionItem
        fields = ["state", "note"]
        labels = {"state": _("How far is the task?"), "note": _("Note")}
        widgets = {"state": forms.RadioSelect}
        help_texts = {"note": _("For the next meeting, for example what came of it.")}

    def __init__(self, *args: Any, on: datetime.date, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.cancel_url = on, cancel_url

    def form_of(self, stored: ActionItem) -> "ProgressForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on)

    def _post_clean(self) -> None:
        if "state" in self.cleaned_data:
            self.instance.move_to(self.cleaned_data["state"], self.on)
        super()._post_clean()  # type: ignore[misc]

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


class DoneForm(forms.ModelForm):
    """One button that says that a task is done, and a note with it."""

    class Meta:
        model = ActionItem
        fields = ["note"]
        labels = {"note": _("Note")}
        help_texts = {"note": _("For the next meeting, for example what came of it.")}

    @property
    def helper(self) -> Helper:
        helper = Helper(self, submit=_("Report as done"))
        helper.disable_csrf = True  # the token of the address is what a forged request would have to know
        return helper
