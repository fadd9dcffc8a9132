from django.db import migrations

# (table, constraint, columns, table and columns pointed to)
FOREIGN_KEYS = (
    ("forums_document", "forums_document_meeting_of_forum", "meeting_id, forum_id", "forums_meeting (id, forum_id)"),
    ("forums_document", "forums_document_item_in_meeting", "item_id, meeting_id", "forums_agendaitem (id, meeting_id)"),
)


class Migration(migrations.Migration):
    """Promises that Django's constraints cannot say: a document's item, meeting and forum belong together."""

    dependencies = [("forums", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) "
            f"REFERENCES {target} DEFERRABLE INITIALLY DEFERRED",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target in FOREIGN_KEYS
    ]
