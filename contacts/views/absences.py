"""Being away: who of an office is, who stands in, and the forms that say so."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, UpdateView

from common import periods
from common.database_errors import add_refusal, checked
from common.lists import Column, ListPage, both_ways
from common.periods import last_day, today
from contacts.filters import AbsenceFilter
from contacts.forms.absences import AbsenceForm
from contacts.links import RowLinks
from contacts.models import Absence, ContactPerson
from contacts.rules import standing


class AbsenceList(LoginRequiredMixin, RowLinks, ListPage):
    """Who of one's offices is away, and who stands in; past ones where asked for."""

    template_name = "contacts/absence_list.html"
    filterset_class = AbsenceFilter
    orders = (
        *both_ways("beginn", _("First day"), "days__startswith", "pk"),
        *both_ways("name", _("Name"), "contact_person__person__sort_key", "days__startswith", "pk"),
    )
    columns = (
        Column(_("Contact person"), lambda absence: absence.contact_person.person.name),
        Column(_("Office"), lambda absence: absence.office.name),
        Column(_("First day"), lambda absence: absence.days.lower),
        Column(_("Last day"), lambda absence: last_day(absence.days)),
        Column(_("Substitute"), lambda absence: absence.substitute.person.name if absence.substitute else ""),
    )
    file_name = "abwesenheiten"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("contacts.view_absence"):
            raise PermissionDenied
        return super().get(request, *args, **kwargs)

    def rows(self) -> QuerySet[Absence]:
        absences = Absence.objects.visible_to(self.request.user).with_details()
        return absences if self.request.GET.get("zeit") else absences.upcoming(today())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        on = today()
        own = ContactPerson.objects.of_offices(standing(user).offices).current(on).filter(person__user=user)
        context = super().get_context_data(own=own.select_related("office"), **kwargs)
        for absence in context["rows"]:
            absence.may_change = user.has_perm("contacts.change_absence", absence)
            absence.is_running = periods.contains(absence.days, on)
            absence.persons_page = absence.contact_person.page_on(on)
        return context


class OfAbsence(LoginRequiredMixin):
    """Asks for a right to the absence of the address, or to what it is made of."""

    permission = "contacts.change_absence"
    request: HttpRequest
    kwargs: dict[str, Any]

    def get_object(self, queryset: Any = None) -> Absence:
        absences = Absence.objects.visible_to(self.request.user).with_details()
        absence: Absence = get_object_or_404(absences, pk=self.kwargs["pk"])
        self.require(absence)
        return absence

    def require(self, of: Absence | ContactPerson) -> None:
        if not self.request.user.has_perm(self.permission, of):
            raise PermissionDenied


class AbsencePage(OfAbsence, UpdateView):
    """Shorten or lengthen an absence, or name another substitute."""

    form_class = AbsenceForm
    template_name = "contacts/absence_form.html"
    context_object_name = "absence"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"on": today(), "cancel_url": way_back(self.object.contact_person)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        absence = self.object
        stored = Absence.objects.filter(pk=absence.pk).first() if absence.pk else None
        return super().get_context_data(
            post=absence.contact_person,
            is_running=bool(stored and periods.contains(stored.days, today())),
            may_delete=bool(stored and self.request.user.has_perm("contacts.delete_absence", absence)),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: AbsenceForm) -> HttpResponse:
        try:
            with checked():
                absence = form.save()
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, said(absence))
        return redirect(way_back(absence.contact_person))


class NewAbsence(AbsencePage):
    """A new absence of a post."""

    permission = "contacts.add_absence"

    def get_object(self, queryset: Any = None) -> Absence:
        posts = ContactPerson.objects.visible_to(self.request.user).upcoming(today()).select_related("person", "office")
        post = get_object_or_404(posts, pk=self.kwargs["pk"])
        self.require(post)
        return Absence(contact_person=post, office=post.office)


class BackToday(OfAbsence, TemplateView):
    """Asks, and by its button lets the absence have ended yesterday."""

    template_name = "contacts/absence_back.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        absence = self.get_object()
        return super().get_context_data(
            absence=absence,
            post=absence.contact_person,
            is_running=periods.contains(absence.days, today()),
            cancel_url=way_back(absence.contact_person),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            absence = self.get_object()
            if periods.contains(absence.days, today()):
                absence.back_on(today())
                text = gettext("%(person)s is there again from today.")
                messages.success(request, text % {"person": absence.contact_person})
        return redirect(way_back(absence.contact_person))


class AbsenceDeletion(OfAbsence, TemplateView):
    """Asks, and by its button deletes an absence that has not begun."""

    permission = "contacts.delete_absence"
    template_name = "contacts/absence_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        absence = self.get_object()
        return super().get_context_data(
            absence=absence, post=absence.contact_person, cancel_url=reverse("absence", args=[absence.pk]), **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            absence = self.get_object()
            stored = Absence.objects.select_for_update().get(pk=absence.pk)
            if str(stored.version) != request.POST.get("version"):
                # What a colleague changed meanwhile is shown before it goes.
                return self.render_to_response(self.get_context_data(is_changed=True, **kwargs))
            absence.delete()
        messages.success(request, gettext("The absence was deleted."))
        return redirect(way_back(absence.contact_person))


def way_back(post: ContactPerson) -> str:
    """The person's page; of somebody who begins later, whom that page does not show yet, the list."""
    return post.get_absolute_url() if periods.contains(post.period, today()) else reverse("absence_list")


def said(absence: Absence) -> str:
    words = {"person": absence.contact_person, "days": periods.in_words(absence.days)}
    if absence.substitute is None:
        return gettext("Saved: %(person)s is away, %(days)s. The office itself stands in.") % words
    text = gettext("Saved: %(person)s is away, %(days)s. %(substitute)s stands in.")
    return text % (words | {"substitute": absence.substitute})
