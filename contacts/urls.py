"""The addresses of offices and contact persons."""

from django.urls import URLPattern, URLResolver, include, path

from contacts.models import LegalText
from contacts.views import absences, cards, confirmation, handovers, legal, offices, people

office_urls = [
    path("", offices.OfficeList.as_view(), name="office_list"),
    path("<slug:slug>/", offices.OfficePage.as_view(), name="office"),
    path("<slug:slug>.vcf", cards.OfficeCard.as_view(), name="office_card"),
    path("<slug:slug>/impressum/", legal.OfficeLegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="office_imprint"),
    path("<slug:slug>/datenschutz/", legal.OfficeLegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="office_privacy"),
    path(
        "<slug:slug>/barrierefreiheit/",
        legal.OfficeLegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY),
        name="office_accessibility",
    ),
]

absence_urls = [
    path("", absences.AbsenceList.as_view(), name="absence_list"),
    path("<int:pk>/", absences.AbsencePage.as_view(), name="absence"),
    path("<int:pk>/zurueck/", absences.BackToday.as_view(), name="absence_back"),
    path("<int:pk>/loeschen/", absences.AbsenceDeletion.as_view(), name="absence_delete"),
]

own_entry_urls = [
    path("", confirmation.ConfirmSignedIn.as_view(), name="confirm_entry"),
    path("aendern/", confirmation.CorrectSignedIn.as_view(), name="correct_entry"),
]

link_urls = [
    path("danke/", confirmation.Thanks.as_view(), name="confirmation_thanks"),
    path("<str:token>/", confirmation.ConfirmByLink.as_view(), name="confirm_by_link"),
    path("<str:token>/aendern/", confirmation.CorrectByLink.as_view(), name="correct_by_link"),
]

person_urls: list[URLPattern | URLResolver] = [
    path("", people.ContactPersonPage.as_view(), name="contact_person"),
    path("bestaetigen/", include(own_entry_urls)),
    path("abwesenheit/", absences.NewAbsence.as_view(), name="absence_add"),
    path("uebergabe/", handovers.PlanHandover.as_view(), name="plan_handover"),
    path("ausscheiden/", handovers.PlanLeaving.as_view(), name="plan_leaving"),
]

handover_urls = [
    path("", handovers.HandoverList.as_view(), name="handover_list"),
    path("<int:pk>/", handovers.HandoverPage.as_view(), name="handover"),
    path("<int:pk>/bestaetigen/", handovers.SignHandover.as_view(), name="sign_handover"),
    path("<int:pk>/absagen/", handovers.CancelHandover.as_view(), name="cancel_handover"),
]

urlpatterns = [
    path("ansprechpersonen/<int:pk>/", include(person_urls)),
    path("abwesenheiten/", include(absence_urls)),
    path("ansprechpersonen/<int:pk>.vcf", cards.ContactPersonCard.as_view(), name="contact_person_card"),
    path("uebergaben/", include(handover_urls)),
    # The access log leaves out what follows this word.
    path("bestaetigung/", include(link_urls)),
    path("stellen/", include(office_urls)),
    path("impressum/", legal.LegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="imprint"),
    path("datenschutz/", legal.LegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="privacy"),
    path("barrierefreiheit/", legal.LegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY), name="accessibility"),
]
