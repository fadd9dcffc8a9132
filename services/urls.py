"""The addresses of the service catalogue, requests, deliveries and reports."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from services.views import (
    asking,
    catalogue,
    confirming,
    deliveries,
    editing,
    entering,
    figures,
    following,
    inbox,
    rectifying,
    reports,
    requests,
    terms,
    working,
)

REFERENCE = r"(?P<reference>[A-Z]{2,5}-[0-9]{4}-[0-9]{4,})"

offering_urls: list[URLPattern | URLResolver] = [
    path("leistungen/", catalogue.Offerings.as_view(), name="offerings"),
    path("leistungen/neu/", editing.NewOffering.as_view(), name="offering_add"),
    path("leistungen/<int:pk>/", catalogue.OfferingPage.as_view(), name="offering"),
    path("leistungen/<int:pk>/bearbeiten/", editing.OfferingChange.as_view(), name="offering_change"),
]

of_office: list[URLPattern | URLResolver] = [
    path("antwortvorlagen/", terms.Templates.as_view(), name="answer_templates"),
    path("antwortvorlagen/neu/", terms.NewTemplate.as_view(), name="answer_template_add"),
    path("antwortvorlagen/<int:pk>/", terms.TemplateChange.as_view(), name="answer_template"),
    path("antwortvorlagen/<int:pk>/loeschen/", terms.TemplateDeletion.as_view(), name="answer_template_delete"),
    path("umgang-mit-anfragen/", terms.Terms.as_view(), name="request_terms"),
]

office_urls: list[URLPattern | URLResolver] = [path("stellen/<slug:slug>/", include(of_office))]

of_own_request: list[URLPattern | URLResolver] = [
    path("schreiben/", following.Write.as_view(), name="request_write"),
    path("zurueckziehen/", following.Withdraw.as_view(), name="request_withdraw"),
    path("rueckmeldung/", following.GiveFeedback.as_view(), name="request_feedback"),
]

asking_urls: list[URLPattern | URLResolver] = [
    path("leistungen/<int:pk>/anfragen/", asking.AskPage.as_view(), name="ask"),
    path("anfragen/entwurf/<int:pk>/", asking.Draft.as_view(), name="request_draft"),
    path("anfragen/entwurf/<int:pk>/loeschen/", asking.DraftDeletion.as_view(), name="request_draft_delete"),
    path("korrektur/<slug:slug>/", asking.ProposeCorrection.as_view(), name="propose_correction"),
    path("anfrage/unterwegs/", asking.Sent.as_view(), name="request_sent"),
    # The access log leaves out what follows these words.
    path("anfrage/bestaetigen/<str:token>/", confirming.Confirm.as_view(), name="confirm_request"),
    path("anfrage/verfolgen/<str:token>/", following.ByLink.as_view(), name="follow_request"),
    path("anfrage/verfolgen/<str:token>/schreiben/", following.WriteByLink.as_view(), name="follow_write"),
    path("anfrage/verfolgen/<str:token>/zurueckziehen/", following.WithdrawByLink.as_view(), name="follow_withdraw"),
    path("anfrage/verfolgen/<str:token>/rueckmeldung/", following.FeedbackOfLink.as_view(), name="follow_feedback"),
    path("anfrage/verfolgen/<str:token>/dateien/<int:file>/", following.FileByLink.as_view(), name="follow_file"),
    path("anfrage/rueckmeldung/<str:token>/", following.FeedbackByLink.as_view(), name="give_feedback"),
    path("meine-anfragen/", following.OwnRequests.as_view(), name="own_requests"),
    re_path(rf"^meine-anfragen/{REFERENCE}/", include(of_own_request)),
]

of_request: list[URLPattern | URLResolver] = [
    path("", requests.PageOfRequest.as_view(), name="request"),
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
    path("anfragende/", rectifying.Requester.as_view(), name="request_requester"),
]

request_urls: list[URLPattern | URLResolver] = [
    path("anfragen/", inbox.Inbox.as_view(), name="requests"),
    path("anfragen/neu/", entering.Enter.as_view(), name="request_enter"),
    path("anfragen/filter/neu/", inbox.KeepFilter.as_view(), name="request_filter_add"),
    path("anfragen/filter/<int:pk>/entfernen/", inbox.RemoveFilter.as_view(), name="request_filter_delete"),
    path("anfragen/dateien/<int:pk>/", requests.FileOfRequest.as_view(), name="request_file"),
    re_path(rf"^anfragen/{REFERENCE}/", include(of_request)),
]

delivery_urls: list[URLPattern | URLResolver] = [
    re_path(
        rf"^anfragen/{REFERENCE}/durchfuehrung/$",
        deliveries.DeliveryOfRequest.as_view(),
        name="delivery_add",
    ),
    path("durchfuehrungen/", deliveries.DeliveryList.as_view(), name="deliveries"),
    path("durchfuehrungen/neu/", deliveries.NewDelivery.as_view(), name="delivery_new"),
    path("durchfuehrungen/<int:pk>/", deliveries.DeliveryChange.as_view(), name="delivery"),
    path("durchfuehrungen/<int:pk>/loeschen/", deliveries.DeliveryDeletion.as_view(), name="delivery_delete"),
    path(
        "foren/<int:pk>/sitzungen/<int:meeting>/aufwand/", deliveries.EffortOfMeeting.as_view(), name="meeting_effort"
    ),
]

of_report: list[URLPattern | URLResolver] = [
    path("", reports.ReportPage.as_view(), name="report"),
    path("sachbericht.pdf", reports.ReportDocument.as_view(), name="report_pdf"),
    path("abschnitte/neu/", reports.NewBlock.as_view(), name="report_block_add"),
    path("abschnitte/<int:block>/", reports.WriteBlock.as_view(), name="report_block"),
    path("abschnitte/<int:block>/loeschen/", reports.DeleteBlock.as_view(), name="report_block_delete"),
    path("festschreiben/", reports.FreezeReport.as_view(), name="report_freeze"),
    path("neue-fassung/", reports.NewEdition.as_view(), name="report_edition"),
]

report_urls: list[URLPattern | URLResolver] = [
    path("kennzahlen/", figures.FiguresPage.as_view(), name="figures"),
    path("berichte/", reports.ReportList.as_view(), name="reports"),
    path("berichte/neu/", reports.BeginReport.as_view(), name="report_begin"),
    path("berichte/<int:pk>/", include(of_report)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *offering_urls,
    *office_urls,
    *asking_urls,
    *request_urls,
    *delivery_urls,
    *report_urls,
]
