from django.db import migrations

# Composite foreign keys: what is said of an office twice must be the same office.
FOREIGN_KEYS = [
    ("contacts_assignment", "contacts_assignment_post_of_office", "contact_person_id", "contacts_contactperson"),
    ("contacts_assignment", "contacts_assignment_field_of_office", "field_id", "contacts_fieldofaction"),
    ("contacts_absence", "contacts_absence_post_of_office", "contact_person_id", "contacts_contactperson"),
    ("contacts_absence", "contacts_absence_substitute_of_office", "substitute_id", "contacts_contactperson"),
]

AREA = """
CREATE FUNCTION contacts_serves(office bigint, town bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM contacts_officearea area, municipalities_municipality municipality
        WHERE area.office_id = office AND municipality.id = town
          AND (area.municipality_id = municipality.id OR area.district_id = municipality.district_id
               OR area.association_id = municipality.association_id)
    )
$$;

-- Two who assign the same town at once take turns; otherwise each would wait for the other at the end (deadlock).
CREATE FUNCTION contacts_take_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM municipalities_municipality WHERE id = NEW.municipality_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;
CREATE TRIGGER contacts_assignment_take_turns BEFORE INSERT OR UPDATE ON contacts_assignment
    FOR EACH ROW EXECUTE FUNCTION contacts_take_turns();

CREATE FUNCTION contacts_check_assignment_in_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.office_id = OLD.office_id AND NEW.municipality_id = OLD.municipality_id
            AND NOT upper_inf(NEW.valid) THEN
        RETURN NULL;
    END IF;
    -- Whoever gives up a part of the area at this moment has to wait, and then sees this assignment.
    PERFORM FROM contacts_officearea WHERE office_id = NEW.office_id FOR KEY SHARE;
    IF NOT contacts_serves(NEW.office_id, NEW.municipality_id) THEN
        RAISE check_violation USING MESSAGE = 'the office does not serve the municipality',
            CONSTRAINT = 'contacts_assignment_in_area';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER contacts_assignment_in_area AFTER INSERT OR UPDATE OF office_id, municipality_id, valid
    ON contacts_assignment FOR EACH ROW EXECUTE FUNCTION contacts_check_assignment_in_area();

-- Assignments that have an end are history or on their way out; an open one would go on outside the area.
CREATE FUNCTION contacts_check_area_still_served() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM contacts_assignment
        WHERE office_id = OLD.office_id AND upper_inf(valid) AND NOT contacts_serves(office_id, municipality_id)
    ) THEN
        RAISE check_violation USING MESSAGE = 'assignments without an end lie in the part of the area given up',
            CONSTRAINT = 'contacts_officearea_still_served';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER contacts_officearea_still_served AFTER DELETE OR UPDATE ON contacts_officearea
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contacts_check_area_still_served();
"""

POSTS = """
CREATE FUNCTION contacts_check_assignment_within_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever ends the post at this moment has to wait, and then sees this assignment.
    PERFORM FROM contacts_contactperson WHERE id = NEW.contact_person_id FOR SHARE;
    IF EXISTS (
        SELECT FROM contacts_assignment assignment
            JOIN contacts_contactperson post ON post.id = assignment.contact_person_id
        WHERE assignment.id = NEW.id AND NOT assignment.valid <@ post.period
    ) THEN
        RAISE check_violation USING MESSAGE = 'the assignment goes beyond the period of the post',
            CONSTRAINT = 'contacts_assignment_within_post';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER contacts_assignment_within_post AFTER INSERT OR UPDATE ON contacts_assignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contacts_check_assignment_within_post();

CREATE FUNCTION contacts_check_post_holds_assignments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM contacts_assignment assignment
            JOIN contacts_contactperson post ON post.id = assignment.contact_person_id
        WHERE post.id = NEW.id AND NOT assignment.valid <@ post.period
    ) THEN
        RAISE check_violation USING MESSAGE = 'assignments go beyond the period of the post',
            CONSTRAINT = 'contacts_contactperson_holds_assignments';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER contacts_contactperson_holds_assignments AFTER UPDATE OF period ON contacts_contactperson
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contacts_check_post_holds_assignments();
"""

FIELDS = """
CREATE FUNCTION contacts_check_field_of_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM contacts_contactperson post JOIN contacts_fieldofaction field ON field.office_id = post.office_id
        WHERE post.id = NEW.contact_person_id AND field.id = NEW.field_id
    ) THEN
        RAISE check_violation USING MESSAGE = 'the field of action belongs to another office',
            CONSTRAINT = 'contacts_contactpersonfield_of_office';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER contacts_contactpersonfield_of_office AFTER INSERT OR UPDATE ON contacts_contactpersonfield
    FOR EACH ROW EXECUTE FUNCTION contacts_check_field_of_office();
"""

DROP_AREA = """
DROP TRIGGER contacts_officearea_still_served ON contacts_officearea;
DROP TRIGGER contacts_assignment_take_turns ON contacts_assignment;
DROP TRIGGER contacts_assignment_in_area ON contacts_assignment;
DROP FUNCTION contacts_check_area_still_served();
DROP FUNCTION contacts_check_assignment_in_area();
DROP FUNCTION contacts_take_turns();
DROP FUNCTION contacts_serves(bigint, bigint);
"""
DROP_POSTS = """
DROP TRIGGER contacts_assignment_within_post ON contacts_assignment;
DROP TRIGGER contacts_contactperson_holds_assignments ON contacts_contactperson;
DROP FUNCTION contacts_check_assignment_within_post();
DROP FUNCTION contacts_check_post_holds_assignments();
"""
DROP_FIELDS = """
DROP TRIGGER contacts_contactpersonfield_of_office ON contacts_contactpersonfield;
DROP FUNCTION contacts_check_field_of_office();
"""


class Migration(migrations.Migration):
    """Promises that Django's constraints cannot say (design, rules 1 and 2)."""

    dependencies = [("contacts", "0001_initial"), ("municipalities", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, office_id) "
                f"REFERENCES {target} (id, office_id) DEFERRABLE INITIALLY DEFERRED",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, column, target in FOREIGN_KEYS
        ),
        migrations.RunSQL(AREA, DROP_AREA),
        migrations.RunSQL(POSTS, DROP_POSTS),
        migrations.RunSQL(FIELDS, DROP_FIELDS),
    ]
