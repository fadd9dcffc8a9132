"""The addresses of the places themselves; the pages that show contacts with them are in integration_portal."""

from django.urls import path

from municipalities import views

urlpatterns = [
    path("daten/", views.Sources.as_view(), name="sources"),
]
