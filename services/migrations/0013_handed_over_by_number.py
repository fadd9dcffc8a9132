from django.db import migrations

# What who asked wrote stood behind the number, for longer than they are remembered.
CUT = """
UPDATE contacts_passedwork SET label = split_part(label, ' ', 1)
WHERE kind = 'services.requests' AND label ~ '^[^ ]+-[0-9]{4}-[0-9]+ '
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0014_words"),
        ("services", "0012_german_order"),
    ]

    operations = [migrations.RunSQL(CUT, migrations.RunSQL.noop, elidable=True)]
