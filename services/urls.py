"""The addresses of the service catalogue, requests, deliveries and reports."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from services.views import catalogue, editing, inbox, requests, working

offering_urls: list[URLPattern | URLResolver] = [
    path("leistungen/", catalogue.Offerings.as_view(), name="offerings"),
    path("leistungen/neu/", editing.NewOffering.as_view(), name="offering_add"),
    path("leistungen/<int:pk>/", catalogue.OfferingPage.as_view(), name="offering"),
    path("leistungen/<int:pk>/bearbeiten/", editing.OfferingChange.as_view(), name="offering_change"),
]

of_request: list[URLPattern | URLResolver] = [
    path("", requests.RequestPage.as_view(), name="request"),
    path("zuweisen/", working.Assign.as_view(), name="request_assign"),
    path("annehmen/", working.Accept.as_view(), name="request_accept"),
    path("beginnen/", working.Start.as_view(), name="request_start"),
    path("antworten/", working.Answer.as_view(), name="request_answer"),
    path("nachfragen/", working.AskBack.as_view(), name="request_ask_back"),
    path("notiz/", working.Note.as_view(), name="request_note"),
    path("terminieren/", working.Schedule.as_view(), name="request_schedule"),
    path("abschliessen/", working.Complete.as_view(), name="request_complete"),
    path("ablehnen/", working.Decline.as_view(), name="request_decline"),
    path("weiterleiten/", working.PassOn.as_view(), name="request_pass_on"),
    path("wieder-oeffnen/", working.Reopen.as_view(), name="request_reopen"),
    path("dateien/", working.Attach.as_view(), name="request_attach"),
]

request_urls: list[URLPattern | URLResolver] = [
    path("anfragen/", inbox.Inbox.as_view(), name="requests"),
    path("anfragen/filter/neu/", inbox.KeepFilter.as_view(), name="request_filter_add"),
    path("anfragen/filter/<int:pk>/entfernen/", inbox.RemoveFilter.as_view(), name="request_filter_delete"),
    path("anfragen/dateien/<int:pk>/", requests.FileOfRequest.as_view(), name="request_file"),
    re_path(r"^anfragen/(?P<reference>[A-Z]{2,5}-[0-9]{4}-[0-9]{4,})/", include(of_request)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *offering_urls,
    *request_urls,
]
