from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What other apps' constraints and indexes need of PostgreSQL."""

    operations = [BtreeGistExtension(), TrigramExtension()]
