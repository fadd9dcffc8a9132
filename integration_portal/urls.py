"""The addresses: German, short and permanent; English is the same address under /en/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from integration_portal.demo_mail import demo_attachment, demo_mail, demo_message
from integration_portal.health import healthz, readyz
from integration_portal.security_txt import security_txt
from integration_portal.styleguide import styleguide
from integration_portal.views import coverage, directory, districts, processing, profile, search, start, towns

town_urls = [
    path("", towns.TownList.as_view(), name="municipality_list"),
    path("vorschlaege/", towns.Suggestions.as_view(), name="municipality_suggestions"),
    re_path(r"^(?P<ags>[0-9]{8})/$", towns.TownPage.as_view(), name="municipality"),
    re_path(r"^(?P<ags>[0-9]{8})/verlauf/$", towns.TownHistory.as_view(), name="municipality_history"),
]
district_urls = [
    re_path(r"^(?P<ags>[0-9]{5})/$", districts.DistrictPage.as_view(), name="district"),
    re_path(r"^(?P<ags>[0-9]{5})/kontakte/$", districts.ContactList.as_view(), name="district_contacts"),
]

service_urls = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
]

urlpatterns = service_urls + i18n_patterns(
    path("", start.Start.as_view(), name="start"),
    path("kommunen/", include(town_urls)),
    path("kreise/", include(district_urls)),
    path("ansprechpersonen/", directory.Directory.as_view(), name="directory"),
    path("abdeckung/", coverage.Coverage.as_view(), name="coverage"),
    path("suche/", search.SiteSearch.as_view(), name="site_search"),
    path("", include("municipalities.urls")),
    path("", include("contacts.urls")),
    path("", include("forums.urls")),
    path("", include("services.urls")),
    path("verarbeitung/", processing.ProcessingRecord.as_view(), name="processing_record"),
    path("post/", demo_mail, name="demo_mail"),
    path("post/<slug:name>/", demo_message, name="demo_message"),
    path("post/<slug:name>/<int:number>/", demo_attachment, name="demo_attachment"),
    path("styleguide/", styleguide, name="styleguide"),
    path("konto/", profile.Profile.as_view(), name="profile"),
    path("konto/", include("accounts.urls")),
    path("verwaltung/", admin.site.urls),
    prefix_default_language=False,
)
if settings.DEBUG:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
