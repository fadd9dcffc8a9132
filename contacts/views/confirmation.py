"""Confirming or correcting one's own entry: by the link of a mail, or signed in as the person."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from common.audit import acting_by_link
from common.link_pages import ByLink
from common.links import Link
from common.periods import today
from contacts import confirmation
from contacts.forms.confirmation import ConfirmForm, PersonCorrectionForm, PostCorrectionForm, RemarkForm
from contacts.models import ContactPerson


class Used(Exception):
    """Somebody else used the link at the same moment."""


class OfEntry(TemplateView):
    """A page about one post for the person who holds it; what is done happens in one transaction, the rows locked."""

    post_of_person: ContactPerson
    is_by_link = False

    def confirm_url(self) -> str:
        raise NotImplementedError

    def correct_url(self) -> str:
        raise NotImplementedError

    def act(self, form: Any) -> None:
        """Carry out what the page is for."""
        raise NotImplementedError

    def page_form(self, data: Any = None) -> Any:
        raise NotImplementedError

    def entry(self) -> confirmation.Entry:
        """What is shown."""
        return confirmation.entry_of(self.post_of_person, today())

    def answered(self) -> HttpResponseBase:
        """Where to go once it is done."""
        messages.success(self.request, _("Thank you. Your answer is saved."))
        return redirect(self.post_of_person)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.shown(self.page_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            rows = ContactPerson.objects.select_related("person", "office").order_by()
            locked = rows.select_for_update(of=("self", "person"), no_key=True)
            # Merged or deleted meanwhile, it is no longer there.
            self.post_of_person = get_object_or_404(locked, pk=self.post_of_person.pk)
            form = self.page_form(request.POST)
            if not form.is_valid():
                return self.shown(form)
            self.act(form)
        return self.answered()

    def shown(self, form: Any) -> HttpResponseBase:
        return self.render_to_response(
            self.get_context_data(
                form=form,
                contact_person=self.post_of_person,
                office=self.post_of_person.office,
                entry=self.entry(),
                confirm_url=self.confirm_url(),
                correct_url=self.correct_url(),
                is_by_link=self.is_by_link,
            )
        )


class Confirm(OfEntry):
    """Shows the entry, and has one button that says that all of it is right."""

    template_name = "contacts/confirm.html"

    def page_form(self, data: Any = None) -> ConfirmForm:
        shown = confirmation.fingerprint(self.entry())
        return ConfirmForm(data, shown=shown, correct_url=self.correct_url(), is_by_link=self.is_by_link)

    def act(self, form: ConfirmForm) -> None:
        self.post_of_person.confirm(today())


class Correct(OfEntry):
    """Corrects what one may change oneself, and tells the office the rest."""

    template_name = "contacts/correct.html"

    def entry(self) -> confirmation.Entry:
        return confirmation.kept_by_office(self.post_of_person, today())

    def page_form(self, data: Any = None) -> "Correction":
        return Correction(self.post_of_person, data)

    def act(self, form: "Correction") -> None:
        for part in (form.person, form.post):
            if part.has_changed():
                part.save()
        if form.remark.cleaned_data["text"]:
            remark = form.remark.save(commit=False)
            remark.contact_person, remark.written_at = self.post_of_person, timezone.now()
            remark.save()
            confirmation.tell_office(remark, today())
        else:
            self.post_of_person.confirm(today())


class Correction:
    """The forms of a correction: of the person, of the post, and what is for the office."""

    def __init__(self, post: ContactPerson, data: Any = None) -> None:
        self.person = PersonCorrectionForm(data, instance=post.person, prefix="person")
        self.post = PostCorrectionForm(data, instance=post, prefix="post")
        self.remark = RemarkForm(data, prefix="remark")
        self.parts = (self.person, self.post, self.remark)

    def is_valid(self) -> bool:
        return not self.errors

    @property
    def errors(self) -> bool:
        """Looks at every part, so that all of it is said at once."""
        return any([bool(part.errors) for part in self.parts])  # noqa: C419


# -- Signed in ----------------------------------------------------------------------------------------------------


class SignedIn(LoginRequiredMixin, OfEntry):
    """For the account of the person."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        posts = ContactPerson.objects.current(today())
        seen = posts.visible_to(request.user) | posts.filter(person__user=request.user)
        self.post_of_person = get_object_or_404(seen.select_related("person", "office"), pk=kwargs["pk"])
        if not request.user.has_perm("contacts.confirm_contactperson", self.post_of_person):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def confirm_url(self) -> str:
        return reverse("confirm_entry", args=[self.post_of_person.pk])

    def correct_url(self) -> str:
        return reverse("correct_entry", args=[self.post_of_person.pk])


class ConfirmSignedIn(SignedIn, Confirm):
    pass


class CorrectSignedIn(SignedIn, Correct):
    pass


# -- By link ------------------------------------------------------------------------------------------------------


class OfLink(ByLink, OfEntry):
    """For whoever holds the link; opening it changes nothing, the first button pressed ends it."""

    is_by_link = True
    ended_template = "contacts/link_ended.html"
    link: Link

    def open(self, token: str) -> bool:
        opened = confirmation.opened(token, timezone.now())
        if opened:
            self.link, self.post_of_person = opened
        return opened is not None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().post(request, *args, **kwargs)
        except (Used, Http404):
            return self.ended()

    def act(self, form: Any) -> None:
        if not self.link.use(timezone.now()):
            raise Used
        with acting_by_link(self.post_of_person.person):
            super().act(form)

    def answered(self) -> HttpResponseBase:
        return redirect("confirmation_thanks")

    def confirm_url(self) -> str:
        return reverse("confirm_by_link", args=[self.kwargs["token"]])

    def correct_url(self) -> str:
        return reverse("correct_by_link", args=[self.kwargs["token"]])


class ConfirmByLink(OfLink, Confirm):
    pass


class CorrectByLink(OfLink, Correct):
    pass


class Thanks(TemplateView):
    """Says to whoever answered by a link that the answer has arrived."""

    template_name = "contacts/confirmation_thanks.html"
