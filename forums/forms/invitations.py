"""What people type about invitations, and what who is invited answers."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import DayField, Helper
from common.versions import VersionedModelForm
from contacts.models import Person
from forums.models import Attendance, Meeting, Membership

Reply = Attendance.Reply


class InviteForm(VersionedModelForm):
    """Until when replies are asked for; the button invites."""

    reply_until = DayField(label=_("Reply until"), required=False)

    class Meta:
        model = Meeting
        fields = ["reply_until"]

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = Helper(self, submit=_("Send the invitation"), cancel_url=cancel_url)


class ReplyForm(VersionedModelForm):
    """One's own answer; by a link its token stands in for the protection against forged requests."""

    reply = forms.ChoiceField(
        label=_("Your answer"),
        widget=forms.RadioSelect,
        choices=[
            (Reply.ACCEPTED, _("I come")),
            (Reply.DECLINED, _("I do not come")),
            (Reply.SUBSTITUTE, _("I send somebody else")),
        ],
    )
    submit = _("Send the answer")

    class Meta:
        model = Attendance
        fields = ["reply", "substitute", "remark"]
        labels = {"substitute": _("Who comes instead of you"), "remark": _("Remark")}
        help_texts = {
            "substitute": _("Only where you send somebody else; the name may follow later."),
            "remark": _("For example that you come later. The office and the chair read it."),
        }

    def __init__(self, *args: Any, cancel_url: str = "", is_by_link: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = Helper(self, submit=self.submit, cancel_url=cancel_url)
        self.helper.disable_csrf = is_by_link

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("substitute") and cleaned.get("reply") not in (None, Reply.SUBSTITUTE):
            self.add_error("substitute", _("Choose that somebody else comes, or leave the name empty."))
        return cleaned


class NotedReplyForm(ReplyForm):
    """What somebody said by phone, noted by the office or the chair."""

    reply = forms.ChoiceField(
        label=pgettext_lazy("invitation", "Reply"), widget=forms.RadioSelect, choices=Reply.choices, required=False
    )
    submit = _("Save")

    class Meta(ReplyForm.Meta):
        labels = {"substitute": _("Who comes instead"), "remark": _("Remark")}
        help_texts = {"substitute": _("Only where somebody else comes.")}


class GuestForm(forms.ModelForm):
    """Somebody to invite to one meeting alone."""

    class Meta:
        model = Attendance
        fields = ["person"]
        help_texts = {"person": _("People of your office, and whom the forum knows from earlier.")}

    def __init__(self, *args: Any, meeting: Meeting, user: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.meeting = meeting
        self.helper = Helper(self, submit=_("Invite"), cancel_url=cancel_url)
        known = Q(pk__in=Membership.objects.filter(forum=meeting.forum_id).values("person"))
        known |= Q(pk__in=Attendance.objects.filter(meeting__forum=meeting.forum_id).values("person"))
        known |= Q(pk__in=Person.objects.visible_to(user).values("pk"))
        on_list = Attendance.objects.filter(meeting=meeting, person__isnull=False).values("person")
        person: Any = self.fields["person"]
        person.queryset = Person.objects.unerased().filter(known).exclude(pk__in=on_list).order_by("sort_key")
        person.required = True
