"""The addresses of offices and contact persons."""

from django.urls import include, path

from contacts import views
from contacts.models import LegalText

office_urls = [
    path("", views.OfficeList.as_view(), name="office_list"),
    path("<slug:slug>/", views.OfficePage.as_view(), name="office"),
    path("<slug:slug>/impressum/", views.OfficeLegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="office_imprint"),
    path("<slug:slug>/datenschutz/", views.OfficeLegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="office_privacy"),
    path(
        "<slug:slug>/barrierefreiheit/",
        views.OfficeLegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY),
        name="office_accessibility",
    ),
]

urlpatterns = [
    path("ansprechpersonen/<int:pk>/", views.ContactPersonPage.as_view(), name="contact_person"),
    path("stellen/", include(office_urls)),
    path("impressum/", views.LegalPage.as_view(kind=LegalText.Kind.IMPRINT), name="imprint"),
    path("datenschutz/", views.LegalPage.as_view(kind=LegalText.Kind.PRIVACY), name="privacy"),
    path("barrierefreiheit/", views.LegalPage.as_view(kind=LegalText.Kind.ACCESSIBILITY), name="accessibility"),
]
