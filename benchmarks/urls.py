"""The portal's addresses, and the bare page: what Django itself costs on this machine.

One query by index, 50 rows of six fields through a template, 20 kB, behind the same middleware as every page.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from integration_portal.urls import *  # noqa: F403 error pages are part of an address list
from integration_portal.urls import urlpatterns as portal
from municipalities.models import Municipality

LARGE_DISTRICT = "07232"  # Eifelkreis Bitburg-Prüm, the district with the most municipalities
FIELDS = ("ags", "name", "designation", "town_hall_postal_code", "population", "area_km2")


def bare(request: HttpRequest) -> HttpResponse:
    towns = Municipality.objects.filter(district__ags=LARGE_DISTRICT).order_by("sort_key").only(*FIELDS)[:50]
    return render(request, "benchmarks/bare.html", {"towns": towns})


urlpatterns = [path("bare/", bare), *portal]
