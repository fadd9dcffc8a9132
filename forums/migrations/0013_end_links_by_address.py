"""A task's link is bound to the mail address that it was sent to, as the other links are; no trigger ends it."""

import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("forums", "0012_tasks_of_drafts"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="actionitem",
            name="ends_links",
        ),
    ]
