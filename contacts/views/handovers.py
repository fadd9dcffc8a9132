"""Planning, signing and cancelling hand-overs, and their records; for the staff of an office."""

import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.lists import Column, ListPage, both_ways
from common.periods import today
from contacts import mail, open_work
from contacts.filters import HandoverFilter
from contacts.forms.handovers import HandoverForm, LeavingForm, SignForm
from contacts.handover_plan import being_handed_over_from, handed_over_from, lock, receivers_for
from contacts.links import RowLinks
from contacts.models import ContactPerson, Handover, HandoverTown
from contacts.rules import signs_for, standing

for_staff = method_decorator(login_required, name="dispatch")
PREVIEW, CONFIRM = "vorschau", "verbindlich"


@for_staff
class PlanHandover(RowLinks, TemplateView):
    """A form, then a preview of exactly what changes, then all of it at once.

    Nothing is kept between the steps: the preview sends the form's values again, and what comes of them is worked out
    anew; where that is no longer what was shown, it is shown again.
    """

    template_name = "contacts/handover_form.html"
    form_class: ClassVar[type[HandoverForm]] = HandoverForm
    permission = "contacts.plan_handover"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        known = standing(request.user)
        posts = ContactPerson.objects.select_related("person__user", "office")
        self.leaver = get_object_or_404(
            posts if known.is_superuser else posts.of_offices(known.offices), pk=kwargs["pk"]
        )
        if not request.user.has_perm(self.permission, self.leaver):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def form(self, data: Any = None) -> HandoverForm:
        on = today()
        return self.form_class(
            data,
            leaver=self.leaver,
            assignments=handed_over_from(self.leaver, on),
            receivers=receivers_for(self.leaver, on),
            on=on,
            ticked=[int(pk) for pk in self.request.GET.getlist("zustaendigkeit") if pk.isdecimal()],
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form())
        return super().get_context_data(
            leaver=self.leaver,
            office=self.leaver.office,
            planned_towns=being_handed_over_from(self.leaver, today()),
            **kwargs,
        )

    @method_decorator(transaction.atomic)
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.leaver = lock(self.leaver.pk)
        except ContactPerson.DoesNotExist as gone:  # deleted while the form was open
            raise Http404 from gone
        form, step = self.form(request.POST), request.POST.get("schritt", PREVIEW)
        plan = form.plan if form.is_valid() else None
        if plan is None or step not in (PREVIEW, CONFIRM):
            return self.render_to_response(self.get_context_data(form=form))
        is_as_seen = request.POST.get("gesehen") == plan.digest
        if step == CONFIRM and is_as_seen:
            try:
                handover = plan.save(request.user)
            except ValidationError as error:
                form.add_error(None, error.messages)
                return self.render_to_response(self.get_context_data(form=form))
            mail.tell_receivers(mail.HANDOVER_PLANNED, handover)
            messages.success(request, gettext("The hand-over is planned."))
            return redirect(handover)
        self.template_name = "contacts/handover_preview.html"
        context = self.get_context_data(
            form=form,
            plan=plan,
            is_new=step == CONFIRM,
            open_things=plan.open_things(),
            knows_open_work=bool(open_work.kinds()),
            absences=plan.absences_to_mend(),
        )
        return self.render_to_response(context)


class PlanLeaving(PlanHandover):
    """Everything of a person who leaves the office, in one form."""

    form_class = LeavingForm
    permission = "contacts.plan_leaving"


@for_staff
class HandoverList(RowLinks, ListPage):
    """The hand-overs of the offices in which one works."""

    template_name = "contacts/handover_list.html"
    filterset_class = HandoverFilter
    orders = (
        *reversed(both_ways("tag", _("From"), "day", "pk")),
        *both_ways("name", _("Handed over by"), "leaver__person__sort_key", "pk"),
    )
    columns = (
        Column(_("From"), lambda handover: handover.day),
        Column(_("Handed over by"), lambda handover: handover.leaver.person.name),
        Column(_("Office"), lambda handover: handover.office.name),
        Column(_("Leaves the office"), lambda handover: gettext("yes") if handover.is_leaving else gettext("no")),
        Column(pgettext_lazy("hand-over", "State"), lambda handover: handover.get_state_display()),
        Column(_("Responsibilities"), lambda handover: handover.town_count),
        Column(_("Fully confirmed"), lambda handover: handover.signed_count),
    )
    file_name = "uebergaben"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("contacts.view_handover"):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def rows(self) -> QuerySet[Handover]:
        signed = Q(towns__given_at__isnull=False) & (
            Q(towns__received_at__isnull=False) | Q(towns__receiver__isnull=True)
        )
        rows = Handover.objects.visible_to(self.request.user).select_related("leaver__person", "office")
        return rows.annotate(town_count=Count("towns"), signed_count=Count("towns", filter=signed))


class OneHandover(RowLinks, TemplateView):
    """A page about one hand-over of an office in which one works."""

    permission = "contacts.view_handover"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = Handover.objects.visible_to(request.user).with_details()
        self.handover = get_object_or_404(rows, pk=kwargs["pk"])
        if not request.user.has_perm(self.permission, self.handover):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def towns(self) -> list[HandoverTown]:
        towns = list(self.handover.towns.with_details())
        for town in towns:
            town.handover = self.handover
        return towns

    def offered(self, towns: list[HandoverTown]) -> dict[str, list[HandoverTown]]:
        """By side, the towns that the account may sign now."""
        return {
            side: [town for town in towns if town.can_be_confirmed(side) and signs_for(self.request.user, town, side)]
            for side in HandoverTown.Side.values
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(handover=self.handover, office=self.handover.office, **kwargs)


@for_staff
class HandoverPage(OneHandover):
    """The record, made for printing too."""

    template_name = "contacts/handover.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        towns, on = self.towns(), today()
        may_cancel = self.request.user.has_perm("contacts.cancel_handover", self.handover)
        return super().get_context_data(
            towns=towns,
            receivers=list({town.receiver_id: town.receiver for town in towns if town.receiver}.values()),
            work=list(self.handover.passed_work.select_related("receiver__person")),
            may_sign=any(self.offered(towns).values()),
            may_cancel=may_cancel and self.handover.can_be_cancelled(on),
            is_waiting=self.handover.is_due(on),
            today=on,
            **kwargs,
        )


@for_staff
class SignHandover(OneHandover):
    """Giver and receivers say, town by town, that it is handed over and taken over."""

    template_name = "contacts/handover_sign.html"

    def form(self, data: Any = None) -> SignForm:
        return SignForm(data, offered=self.offered(self.towns()), cancel_url=self.handover.get_absolute_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.fields or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        with transaction.atomic():
            for side, town in form.chosen():
                town.confirm(side, by=request.user, at=timezone.now())
        messages.success(request, gettext("Confirmed."))
        return redirect(self.handover)


@for_staff
class CancelHandover(OneHandover):
    """Asks, and restores what was."""

    template_name = "contacts/handover_cancel.html"
    permission = "contacts.cancel_handover"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        on: datetime.date = today()
        return super().get_context_data(can_be_cancelled=self.handover.can_be_cancelled(on), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with transaction.atomic():
                self.handover.cancel(today())
                mail.tell_receivers(mail.HANDOVER_CANCELLED, self.handover)
        except ValidationError as error:
            self.handover.refresh_from_db(fields=["state"])
            return self.render_to_response(self.get_context_data(refusals=error.messages))
        messages.success(request, gettext("The hand-over is cancelled. Everything is as it was."))
        return redirect(self.handover)
