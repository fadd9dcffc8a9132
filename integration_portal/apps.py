from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class IntegrationPortalConfig(AppConfig):
    name = "integration_portal"


class PortalAdminConfig(AdminConfig):
    default_site = "integration_portal.admin_site.PortalAdminSite"
