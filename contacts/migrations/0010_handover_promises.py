from django.db import migrations

# Composite foreign keys: giver, receivers and responsibilities are of the hand-over's own office.
FOREIGN_KEYS = [
    ("contacts_handover", "contacts_handover_leaver_of_office", "leaver_id", "contacts_contactperson"),
    ("contacts_handover", "contacts_handover_rest_of_office", "rest_to_id", "contacts_contactperson"),
    ("contacts_handovertown", "contacts_handovertown_of_office", "handover_id", "contacts_handover"),
    ("contacts_handovertown", "contacts_handovertown_assignment_of_office", "assignment_id", "contacts_assignment"),
    ("contacts_handovertown", "contacts_handovertown_receiver_of_office", "receiver_id", "contacts_contactperson"),
]


class Migration(migrations.Migration):
    """A hand-over stays within one office."""

    dependencies = [("contacts", "0009_handovers")]

    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, office_id) "
                f"REFERENCES {target} (id, office_id) DEFERRABLE INITIALLY DEFERRED",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, column, target in FOREIGN_KEYS
        ),
    ]
