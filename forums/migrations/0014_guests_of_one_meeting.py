"""A line says itself that its person was invited to this one meeting: a guest of the forum may have been one before."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forums", "0013_end_links_by_address"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="attendance",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="attendance",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="attendance",
            name="raise_version",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="attendance",
            name="update_update",
        ),
        migrations.AddField(
            model_name="attendance",
            name="is_for_one_meeting",
            field=models.BooleanField(default=False, editable=False, verbose_name="invited to this meeting alone"),
        ),
        migrations.AddField(
            model_name="attendanceevent",
            name="is_for_one_meeting",
            field=models.BooleanField(default=False, editable=False, verbose_name="invited to this meeting alone"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attendance",
            trigger=pgtrigger.compiler.Trigger(
                name="raise_version",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."invited_at" IS DISTINCT FROM (NEW."invited_at") OR OLD."is_for_one_meeting" IS DISTINCT FROM (NEW."is_for_one_meeting") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."meeting_id" IS DISTINCT FROM (NEW."meeting_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."organisation_name" IS DISTINCT FROM (NEW."organisation_name") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."presence" IS DISTINCT FROM (NEW."presence") OR OLD."remark" IS DISTINCT FROM (NEW."remark") OR OLD."replied_at" IS DISTINCT FROM (NEW."replied_at") OR OLD."reply" IS DISTINCT FROM (NEW."reply") OR OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."substitute" IS DISTINCT FROM (NEW."substitute"))',
                    func="NEW.version = OLD.version + 1; NEW.changed_at = now(); RETURN NEW;",
                    hash="95199176e7ef1c76f2f51ae6da39b92085a4b40e",
                    operation="UPDATE",
                    pgid="pgtrigger_raise_version_ee2e5",
                    table="forums_attendance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attendance",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "forums_attendanceevent" ("changed_at", "id", "invited_at", "is_for_one_meeting", "meeting_id", "name", "organisation_id", "organisation_name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "presence", "remark", "replied_at", "reply", "role", "substitute", "version") VALUES (NEW."changed_at", NEW."id", NEW."invited_at", NEW."is_for_one_meeting", NEW."meeting_id", NEW."name", NEW."organisation_id", NEW."organisation_name", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."presence", NEW."remark", NEW."replied_at", NEW."reply", NEW."role", NEW."substitute", NEW."version"); RETURN NULL;',
                    hash="7e3747ece1328ae4cd68b03e2337b2473b19e836",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_d918c",
                    table="forums_attendance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attendance",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."changed_at" IS DISTINCT FROM (NEW."changed_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."invited_at" IS DISTINCT FROM (NEW."invited_at") OR OLD."is_for_one_meeting" IS DISTINCT FROM (NEW."is_for_one_meeting") OR OLD."meeting_id" IS DISTINCT FROM (NEW."meeting_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."organisation_name" IS DISTINCT FROM (NEW."organisation_name") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."presence" IS DISTINCT FROM (NEW."presence") OR OLD."remark" IS DISTINCT FROM (NEW."remark") OR OLD."replied_at" IS DISTINCT FROM (NEW."replied_at") OR OLD."reply" IS DISTINCT FROM (NEW."reply") OR OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."substitute" IS DISTINCT FROM (NEW."substitute") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                    func='INSERT INTO "forums_attendanceevent" ("changed_at", "id", "invited_at", "is_for_one_meeting", "meeting_id", "name", "organisation_id", "organisation_name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "presence", "remark", "replied_at", "reply", "role", "substitute", "version") VALUES (NEW."changed_at", NEW."id", NEW."invited_at", NEW."is_for_one_meeting", NEW."meeting_id", NEW."name", NEW."organisation_id", NEW."organisation_name", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."presence", NEW."remark", NEW."replied_at", NEW."reply", NEW."role", NEW."substitute", NEW."version"); RETURN NULL;',
                    hash="e3d1eeb7d9f841340295746f5c3f071c1bc158a8",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_1005f",
                    table="forums_attendance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attendance",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "forums_attendanceevent" ("changed_at", "id", "invited_at", "is_for_one_meeting", "meeting_id", "name", "organisation_id", "organisation_name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "presence", "remark", "replied_at", "reply", "role", "substitute", "version") VALUES (OLD."changed_at", OLD."id", OLD."invited_at", OLD."is_for_one_meeting", OLD."meeting_id", OLD."name", OLD."organisation_id", OLD."organisation_name", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."presence", OLD."remark", OLD."replied_at", OLD."reply", OLD."role", OLD."substitute", OLD."version"); RETURN NULL;',
                    hash="f9b61f9c84b277a20a79010c3584425e7810a485",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_29d1c",
                    table="forums_attendance",
                    when="AFTER",
                ),
            ),
        ),
    ]
