from django.db import migrations

# django-pghistory's function, with one more case: whoever changes a row outside the portal, by psql or by a
# command without a name, is on record as the database role. One context for each transaction.
ATTACH_CONTEXT = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS pghistory_context.id%TYPE LANGUAGE plpgsql AS $$
DECLARE
    context_id uuid := nullif(current_setting('pghistory.context_id', true), '');
    context_metadata jsonb := nullif(current_setting('pghistory.context_metadata', true), '');
BEGIN
    IF context_id IS NULL OR context_metadata IS NULL THEN
        context_id := gen_random_uuid();
        context_metadata := jsonb_build_object('database_role', session_user);
        PERFORM set_config('pghistory.context_id', context_id::text, true),
            set_config('pghistory.context_metadata', context_metadata::text, true);
    END IF;
    INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
        VALUES (context_id, context_metadata, now(), now())
        ON CONFLICT (id) DO UPDATE SET metadata = EXCLUDED.metadata, updated_at = EXCLUDED.updated_at
        WHERE pghistory_context.metadata != EXCLUDED.metadata;
    RETURN context_id;
END
$$;
"""


class Migration(migrations.Migration):
    """The audit names the database role where nobody else is named (design, rule 8)."""

    dependencies = [("common", "0001_extensions"), ("pghistory", "0007_auto_20250421_0444")]

    # Backwards nothing is taken away: the former function stays a special case of this one.
    operations = [migrations.RunSQL(ATTACH_CONTEXT, migrations.RunSQL.noop)]
