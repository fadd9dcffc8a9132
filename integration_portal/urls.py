"""The addresses: German, short and permanent; English is the same address under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import path

urlpatterns = i18n_patterns(
    path("verwaltung/", admin.site.urls),
    prefix_default_language=False,
)
