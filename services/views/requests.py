"""The page of a request, the same for the office, the requester and the town hall; and its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView, View

from accounts.models import User
from common.files import as_attachment
from common.kept_queries import KeptQuery
from common.periods import today
from contacts.models import OfficeMembership
from services import delivery_part, wording
from services.models import RequestDetail, RequestEntry, RequestFile
from services.office_steps import steps
from services.requester_actions import Action, actions_of, by_account
from services.timeline import add_mails, attached, files_asked_with, timeline
from services.views.of_request import OfRequest


@dataclass(frozen=True)
class Correcting:
    """Where an entry is edited, for those who may; else the accounts that may."""

    address: str
    accounts: Sequence[User] = ()


@KeptQuery
def seen_entries(user: Any, request: int) -> "QuerySet[RequestEntry]":
    return RequestEntry.objects.visible_to(user).filter(request=request).select_related("post__person")


@KeptQuery
def seen_files(user: Any, request: int) -> "QuerySet[RequestFile]":
    return RequestFile.objects.visible_to(user).filter(request=request)


@KeptQuery
def details_of(request: int) -> "QuerySet[RequestDetail]":
    return RequestDetail.objects.filter(request=request)


class PageOfRequest(OfRequest, TemplateView):
    """Everything about one request; what is internal for the office alone."""

    template_name = "services/request.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, user = self.service_request, self.request.user
        works = self.may("services.work_servicerequest")
        files = seen_files(user, row.pk)
        entries = timeline(row, seen_entries(user, row.pk), files, user)
        shows_day = works or row.is_day_promised
        if works:
            add_mails(row, entries)
        part = delivery_part.of_request(row) if works else None
        return super().get_context_data(
            entries=entries,
            steps=steps(row, is_recorded=bool(part["deliveries"])) if part else [],
            works=works,
            requester_actions=self.requester_actions(),
            holder=wording.name_of(row, row.assigned_to, user),
            because=wording.assigned_in_words(row, user),
            next_step=wording.next_step(row, user, today()),
            date=row.date_to_keep(timezone.now()),
            shows_day=shows_day,
            is_overdue=shows_day and row.is_overdue(today()),
            details=details_of(row.pk),
            files=attached(files_asked_with(files)),
            correcting=self.correcting() if works else None,
            delivery_part=part,
            **kwargs,
        )

    def requester_actions(self) -> list[Action]:
        row = self.service_request
        return actions_of(row, by_account(row), timezone.now()) if self.may("services.follow_servicerequest") else []

    def correcting(self) -> Correcting | None:
        """Where what a correction is about is edited, or by whom. A query for those who may not."""
        row = self.service_request
        if row.about_post is None and not row.offering.is_correction:
            return None
        entry = row.about_post or row.office
        name = entry._meta.model_name
        if self.request.user.has_perm(f"contacts.change_{name}", entry):
            return Correcting(reverse(f"admin:contacts_{name}_change", args=[entry.pk]))
        administrators = OfficeMembership.objects.filter(office=row.office, role=OfficeMembership.Role.ADMINISTRATOR)
        accounts = User.objects.filter(is_active=True, pk__in=administrators.current(today()).values("user"))
        return Correcting("", list(accounts.order_by("pk")))


class FileOfRequest(LoginRequiredMixin, View):
    """A file to be saved, for those who may read it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        file = get_object_or_404(RequestFile.objects.visible_to(request.user), pk=kwargs["pk"])
        return as_attachment(file.name, file.file_name, file.content_type)
