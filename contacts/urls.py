"""The addresses of offices and contact persons."""

from django.urls import URLPattern, URLResolver, include, path

from contacts import absence_views, confirmation_views, handover_views, views
from contacts.models import LegalText

office_urls = [
    path("", views.OfficeList.as_view(), name="office_list"),
    path("<slug:slug>/", views.OfficePage.as_view(), name="office"),
    path("<slug:slug>.vcf", views.OfficeCard.as_view(), name="office_card"),
    path("<slug:slug>/impressum/", views.OfficeLegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="office_imprint"),
    path("<slug:slug>/datenschutz/", views.OfficeLegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="office_privacy"),
    path(
        "<slug:slug>/barrierefreiheit/",
        views.OfficeLegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY),
        name="office_accessibility",
    ),
]

absence_urls = [
    path("", absence_views.AbsenceList.as_view(), name="absence_list"),
    path("<int:pk>/", absence_views.AbsencePage.as_view(), name="absence"),
    path("<int:pk>/zurueck/", absence_views.BackToday.as_view(), name="absence_back"),
    path("<int:pk>/loeschen/", absence_views.AbsenceDeletion.as_view(), name="absence_delete"),
]

own_entry_urls = [
    path("", confirmation_views.ConfirmSignedIn.as_view(), name="confirm_entry"),
    path("aendern/", confirmation_views.CorrectSignedIn.as_view(), name="correct_entry"),
]

link_urls = [
    path("danke/", confirmation_views.Thanks.as_view(), name="confirmation_thanks"),
    path("<str:token>/", confirmation_views.ConfirmByLink.as_view(), name="confirm_by_link"),
    path("<str:token>/aendern/", confirmation_views.CorrectByLink.as_view(), name="correct_by_link"),
]

person_urls: list[URLPattern | URLResolver] = [
    path("", views.ContactPersonPage.as_view(), name="contact_person"),
    path("bestaetigen/", include(own_entry_urls)),
    path("abwesenheit/", absence_views.NewAbsence.as_view(), name="absence_add"),
    path("uebergabe/", handover_views.PlanHandover.as_view(), name="plan_handover"),
    path("ausscheiden/", handover_views.PlanLeaving.as_view(), name="plan_leaving"),
]

handover_urls = [
    path("", handover_views.HandoverList.as_view(), name="handover_list"),
    path("<int:pk>/", handover_views.HandoverPage.as_view(), name="handover"),
    path("<int:pk>/bestaetigen/", handover_views.SignHandover.as_view(), name="sign_handover"),
    path("<int:pk>/absagen/", handover_views.CancelHandover.as_view(), name="cancel_handover"),
]

urlpatterns = [
    path("ansprechpersonen/<int:pk>/", include(person_urls)),
    path("abwesenheiten/", include(absence_urls)),
    path("ansprechpersonen/<int:pk>.vcf", views.ContactPersonCard.as_view(), name="contact_person_card"),
    path("uebergaben/", include(handover_urls)),
    # The access log leaves out what follows this word.
    path("bestaetigung/", include(link_urls)),
    path("stellen/", include(office_urls)),
    path("impressum/", views.LegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="imprint"),
    path("datenschutz/", views.LegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="privacy"),
    path("barrierefreiheit/", views.LegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY), name="accessibility"),
]
