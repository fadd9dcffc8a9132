from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # requests come in while the indexes are built

    dependencies = [("services", "0013_handed_over_by_number")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("request__isnull", False)), fields=["office", "request"], name="delivery_of_request"
            ),
        ),
        AddIndexConcurrently(
            model_name="servicerequest",
            index=models.Index(
                models.F("office"),
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True, nulls_last=True),
                include=("state", "forum", "offering"),
                name="request_counted_of_office",
            ),
        ),
        RemoveIndexConcurrently(model_name="servicerequest", name="request_newest_of_office"),
    ]
