"""The addresses of offices and contact persons."""

from django.urls import include, path

from contacts import absence_views, views
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

urlpatterns = [
    path("ansprechpersonen/<int:pk>/", views.ContactPersonPage.as_view(), name="contact_person"),
    path("ansprechpersonen/<int:pk>/abwesenheit/", absence_views.NewAbsence.as_view(), name="absence_add"),
    path("abwesenheiten/", include(absence_urls)),
    path("ansprechpersonen/<int:pk>.vcf", views.ContactPersonCard.as_view(), name="contact_person_card"),
    path("stellen/", include(office_urls)),
    path("impressum/", views.LegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="imprint"),
    path("datenschutz/", views.LegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="privacy"),
    path("barrierefreiheit/", views.LegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY), name="accessibility"),
]
