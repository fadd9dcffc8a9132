"""What the places themselves show: suggestions while a name is typed, and where the data come from."""

from typing import Any

from django.views.generic import TemplateView

from municipalities.models import DataSource


class Sources(TemplateView):
    """Sources, licences and days of all data that were loaded."""

    template_name = "municipalities/sources.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sources=DataSource.objects.all(), **kwargs)
