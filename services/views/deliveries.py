"""What was done: the list, and the forms that record, correct and delete it; and the effort for a meeting."""

from copy import copy
from functools import cached_property
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
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.database_errors import checked
from common.kept_queries import KeptQuery
from common.lists import Column, LongList, both_ways
from common.periods import today
from common.verbs import NotPossible
from contacts.links import RowLinks
from forums.models import Meeting
from forums.views.acting import FormPage
from forums.views.of_forum import OfMeeting
from services.delivery_filters import DeliveryFilter
from services.effort import notes_for
from services.forms.deliveries import DeliveryForm, MeetingEffortForm
from services.models import Delivery, MeetingEffort
from services.views.of_office import ForStaff, OfOwnOffice
from services.views.of_request import OfRequest


@KeptQuery
def lines_of_keys(keys: list[int]) -> "QuerySet[Delivery]":
    """With what a line shows, and no more: PostgreSQL plans for each table that is joined."""
    rows = Delivery.objects.filter(pk__in=keys).order_by()
    return rows.select_related("office", "request", "offering", "municipality", "post__person").only(
        *("held_on", "hours", "participants", "office__is_invented", "request__reference"),
        *("offering__title", "municipality__name"),
        *(f"post__person__{name}" for name in ("title", "given_name", "family_name")),
    )


class DeliveryList(ForStaff, RowLinks, LongList):
    """What one's offices did, the latest first."""

    permission = "services.view_delivery"
    template_name = "services/delivery_list.html"
    filterset_class = DeliveryFilter
    orders = (
        *reversed(both_ways("datum", _("Date"), "held_on", "pk")),
        *both_ways("kommune", _("Municipality"), "municipality__sort_key", "held_on", "pk"),
        *both_ways("leistung", _("Offering"), "offering__sort_key", "held_on", "pk"),
        *both_ways("stunden", _("Hours"), "hours", "held_on", "pk"),
        *both_ways("teilnehmende", _("Participants"), "participants", "held_on", "pk"),
    )
    columns = (
        Column(_("Date"), lambda row: row.held_on),
        Column(_("Offering"), lambda row: row.offering.title if row.offering else ""),
        Column(_("AGS"), lambda row: row.municipality.ags if row.municipality else ""),
        Column(_("Municipality"), lambda row: row.municipality.name if row.municipality else ""),
        Column(_("Place"), lambda row: row.place),
        Column(_("Hours"), lambda row: row.hours),
        Column(_("Cost in euros"), lambda row: row.cost),
        Column(_("Participants"), lambda row: row.participants),
        Column(_("In co-operation with"), lambda row: row.cooperation),
        Column(_("Result"), lambda row: row.result),
        Column(_("Field of action"), lambda row: row.field.name if row.field else ""),
        Column(_("Office task"), lambda row: row.task.name if row.task else ""),
        Column(_("Who carried it out"), lambda row: row.post.person.name if row.post else ""),
        Column(_("Request"), lambda row: row.request.reference if row.request else ""),
        Column(_("Office"), lambda row: row.office.name),
    )
    file_name = "durchfuehrungen"
    of_keys = lines_of_keys

    def rows(self) -> QuerySet[Delivery]:
        return Delivery.objects.visible_to(self.request.user).with_details()


class DeliveryFormPage(FormPage):
    """What recording and correcting have in common."""

    form_class = DeliveryForm
    template_name = "services/delivery_form.html"
    said = _("Recorded.")

    def row(self) -> Delivery:
        """What is recorded or corrected; the form writes into it."""
        raise NotImplementedError

    @cached_property
    def edited(self) -> Delivery:
        return self.row()

    def back(self) -> str:
        request = self.edited.request
        return request.get_absolute_url() if request else reverse("deliveries")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.edited, "on": today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"delivery": self.edited, "office": self.edited.office, **kwargs})

    def carry_out(self, form: DeliveryForm) -> str:
        is_new = form.instance.pk is None
        try:
            with checked():
                if not form.is_recorded():
                    self.hand_over(form.save(), form.cleaned_data.get("statement"))
        except (ValidationError, NotPossible):
            if not form.is_recorded():  # by the same form, sent twice at once
                if is_new:
                    form.instance.pk = None
                raise
        return self.back()

    def hand_over(self, delivery: Delivery, statement: Any) -> None:
        """Send a written statement to whoever asked for it."""
        if statement and delivery.request:
            text = gettext("Written statement: %(offering)s") % {"offering": delivery.request.offering}
            delivery.request.attach([statement], timezone.now(), by=self.request.user, text=text)


class DeliveryOfRequest(OfRequest, DeliveryFormPage):
    """Record what was done for a request: late too, once who asked is forgotten, as figures stay and name nobody."""

    permission = "services.work_servicerequest"

    def row(self) -> Delivery:
        return Delivery.of(self.service_request, today())


class NewDelivery(OfOwnOffice, DeliveryFormPage):
    """Record something that nobody had to ask for."""

    permission = "services.add_delivery"

    def row(self) -> Delivery:
        return Delivery(office=self.office, held_on=today())


class OfDelivery(LoginRequiredMixin):
    """The delivery of the address: 404 for who does not work at its office."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def delivery(self) -> Delivery:
        deliveries = Delivery.objects.visible_to(self.request.user).with_details()
        return get_object_or_404(deliveries.select_related("request__offering"), pk=self.kwargs["pk"])


class DeliveryChange(OfDelivery, DeliveryFormPage):
    """Correct what was recorded."""

    said = _("Saved.")

    def row(self) -> Delivery:
        return copy(self.delivery)  # what stands above stays as it is stored

    def back(self) -> str:
        return reverse("deliveries")


class DeliveryDeletion(OfDelivery, TemplateView):
    """Asks, and by its button deletes what was recorded by mistake."""

    template_name = "services/delivery_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"delivery": self.delivery, "office": self.delivery.office, **kwargs})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            stored = get_object_or_404(Delivery.objects.select_for_update(), pk=self.delivery.pk)
            if str(stored.version) != request.POST.get("version"):
                return self.render_to_response(self.get_context_data(is_changed=True))
            stored.delete()
        messages.success(request, gettext("The delivery was deleted."))
        return redirect("deliveries")


class EffortOfMeeting(LoginRequiredMixin, OfMeeting, FormPage):
    """Note what one's office put into a meeting that was held."""

    form_class = MeetingEffortForm
    template_name = "services/meeting_effort.html"
    said = _("The effort is noted.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            office_id = notes_for(self.meeting, request.user)
            if office_id is None or self.meeting.state != Meeting.State.HELD:
                raise PermissionDenied
            self.office_id = office_id
        return super().dispatch(request, *args, **kwargs)

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        stored = MeetingEffort.objects.filter(meeting=self.meeting, office=self.office_id).first()
        effort = stored or MeetingEffort(meeting=self.meeting, office_id=self.office_id)
        return super().get_form_kwargs() | {"instance": effort}

    def carry_out(self, form: MeetingEffortForm) -> str:
        form.save()
        return self.back()
