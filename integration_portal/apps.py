from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig

# What libraries enter into the admin although nothing here uses it: rights come from memberships, mail addresses
# stand on the account.
UNUSED = ("auth.Group", "account.EmailAddress")


class IntegrationPortalConfig(AppConfig):
    name = "integration_portal"


class PortalAdminConfig(AdminConfig):
    default_site = "integration_portal.admin_site.PortalAdminSite"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin

        for model in UNUSED:
            admin.site.unregister(apps.get_model(model))
