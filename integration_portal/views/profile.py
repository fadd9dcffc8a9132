"""The account of who is signed in: what the portal holds about it, and which rights it gives."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from common.periods import contains, last_day, today
from contacts.models import MunicipalStaff, OfficeMembership


@method_decorator(login_required, name="dispatch")
class Profile(TemplateView):
    template_name = "accounts/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        offices = OfficeMembership.objects.filter(user=user).select_related("office")
        town_halls = MunicipalStaff.objects.filter(user=user).select_related("municipality", "association")
        memberships = [*offices, *town_halls]
        running = [row for row in memberships if contains(row.period, today())]
        person = getattr(user, "person", None)
        return super().get_context_data(
            person=person,
            posts=person.posts.current(today()).select_related("office") if person else (),
            running=running,
            later=[row for row in memberships if row.period.lower and row.period.lower > today()],
            ended=[row for row in memberships if (last_day(row.period) or today()) < today()],
            **kwargs,
        )
