"""Make every table, index, check and trigger of the first release.

Revision: 0001
Follows:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
        """CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$""",
        """CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
           FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()""",
    ),
}


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_key", ["kind", "key_hash", "at"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_ref", sa.String(length=60), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_event_subject", ["subject_kind", "subject_ref"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "criteria_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_set")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_criteria_set_code_version")),
    )
    op.create_table(
        "entry_change",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_entry_change")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("acronym", sa.String(length=40), nullable=True),
        sa.Column("aliases", JSON, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("site", sa.String(length=300), nullable=True),
        sa.Column("stakeholder_role", sa.String(length=40), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_organisation_not_into_itself")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["organisation.id"], name=op.f("fk_organisation_merged_into_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("ref", name=op.f("uq_organisation_ref")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_merged_into_id"), ["merged_into_id"], unique=False)

    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("subject_ref", sa.String(length=60), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_outgoing_mail_sent_at")),
        sa.CheckConstraint(
            "state IN ('draft', 'queued', 'sent', 'failed')", name=op.f("ck_outgoing_mail_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
    )
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_mail_due", ["state", "try_after"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_mail_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "reference_counter",
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "rule_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_rule_set_code_version")),
    )
    op.create_table(
        "vocabulary",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_vocabulary")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("expertise", sa.Text(), nullable=True),
        sa.Column("working_languages", JSON, nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_account_email_lower")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_account_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "requests",
                "offers",
                "fellowship",
                "targeted",
                name="callkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "scheduled",
                "open",
                "closed",
                "review",
                "deliberation",
                "decided",
                "released",
                "archived",
                "cancelled",
                name="callstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", JSON, nullable=False),
        sa.Column("text", JSON, nullable=False),
        sa.Column("strategies", JSON, nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("eligibility", JSON, nullable=False),
        sa.Column("criteria_set_id", sa.Integer(), nullable=True),
        sa.Column("rule_set_id", sa.Integer(), nullable=True),
        sa.Column("minimum_reviews", sa.Integer(), nullable=False),
        sa.Column("blind_mode", sa.Boolean(), nullable=False),
        sa.Column("is_public_result", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'draft' OR kind IN ('offers', 'fellowship') OR (criteria_set_id IS NOT NULL AND rule_set_id IS NOT NULL)",
            name=op.f("ck_call_published_pins_criteria"),
        ),
        sa.CheckConstraint(
            "closes_at IS NULL OR closes_at > opens_at", name=op.f("ck_call_closes_after_opening")
        ),
        sa.CheckConstraint("grace_minutes BETWEEN 0 AND 1440", name=op.f("ck_call_grace")),
        sa.ForeignKeyConstraint(
            ["criteria_set_id"], ["criteria_set.id"], name=op.f("fk_call_criteria_set_id_criteria_set")
        ),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_call_rule_set_id_rule_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("ref", name=op.f("uq_call_ref")),
    )
    op.create_table(
        "criterion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("strategy", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["criteria_set.id"], name=op.f("fk_criterion_set_id_criteria_set")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criterion")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_criterion_set_id_code")),
    )
    with op.batch_alter_table("criterion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_criterion_set_id"), ["set_id"], unique=False)

    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vocabulary", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.CheckConstraint("status IN ('verified', 'working_list', 'inferred')", name=op.f("ck_term_status")),
        sa.ForeignKeyConstraint(
            ["vocabulary"], ["vocabulary.code"], name=op.f("fk_term_vocabulary_vocabulary")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("vocabulary", "code", name=op.f("uq_term_vocabulary_code")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "request", "offer", name="entrykind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column(
            "publication",
            sa.Enum(
                "none",
                "consented",
                "published",
                "unpublished",
                name="publication",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("pending", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("pending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("activities", sa.Text(), nullable=True),
        sa.Column("results", sa.Text(), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("usd_rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("usd_rate_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("organisation_name", sa.String(length=300), nullable=True),
        sa.Column("organisation_acronym", sa.String(length=40), nullable=True),
        sa.Column("organisation_kind", sa.String(length=40), nullable=True),
        sa.Column("organisation_country", sa.String(length=3), nullable=True),
        sa.Column("organisation_site", sa.String(length=300), nullable=True),
        sa.Column("contact_name", sa.String(length=200), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("contact_phone", sa.String(length=60), nullable=True),
        sa.Column("contact_way", sa.String(length=20), nullable=True),
        sa.Column("consent_terms", sa.Boolean(), nullable=False),
        sa.Column("public_fields", JSON, nullable=False),
        sa.Column("amount_needed", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column("amount_sought", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column("people_involved", sa.Text(), nullable=True),
        sa.Column("iplc_involved", sa.Text(), nullable=True),
        sa.Column("stakeholders", sa.Text(), nullable=True),
        sa.Column("guidance_used", sa.Text(), nullable=True),
        sa.Column("same_request_elsewhere", sa.Text(), nullable=True),
        sa.Column("focal_point_consulted", sa.String(length=20), nullable=True),
        sa.Column("focal_point_name", sa.String(length=200), nullable=True),
        sa.Column("focal_point_consulted_on", sa.Date(), nullable=True),
        sa.Column("self_assessment", JSON, nullable=False),
        sa.Column("contribution", sa.String(length=20), nullable=True),
        sa.Column("amount_ceiling", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column("amount_per_request", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("capacity_unit", sa.String(length=20), nullable=True),
        sa.Column("cost_terms", sa.String(length=20), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("seeks_recognition", sa.Boolean(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("title_key", sa.String(length=80), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("organisation_search_text", sa.Text(), nullable=False),
        sa.Column("public_search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name=op.f("ck_entry_submitted_at")),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_entry_withdrawn_at")
        ),
        sa.CheckConstraint(
            "kind <> 'offer' OR state IN ('draft', 'submitted', 'returned', 'refused', 'checked', 'active', 'paused', 'expired', 'closed', 'withdrawn')",
            name=op.f("ck_entry_offer_state"),
        ),
        sa.CheckConstraint(
            "kind <> 'request' OR state IN ('draft', 'submitted', 'returned', 'lapsed', 'ineligible', 'in_review', 'deliberation', 'decided', 'released', 'reconsideration', 'withdrawn', 'archived')",
            name=op.f("ck_entry_request_state"),
        ),
        sa.CheckConstraint(
            "publication <> 'published' OR published_at IS NOT NULL", name=op.f("ck_entry_published_at")
        ),
        sa.CheckConstraint(
            "publication <> 'published' OR state <> 'draft'", name=op.f("ck_entry_no_public_draft")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on",
            name=op.f("ck_entry_dates"),
        ),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name=op.f("ck_entry_capacity")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_entry_call_id_call")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_entry_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_entry_owner_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("ref", name=op.f("uq_entry_ref")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_entry_contact_email", ["contact_email"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_entry_public", ["kind", "publication", "published_at", "id"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", JSON, nullable=True),
        sa.Column("headers", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_idempotency_key_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_idempotency_key_account_id_key")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "requester",
                "partner",
                "nominator",
                "reviewer",
                "moderator",
                "officer",
                "decider",
                "auditor",
                "admin",
                "focal_point",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.Column("country", sa.String(length=3), nullable=True),
        sa.Column("granted_by_id", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id_account")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_role_grant_call_id_call")),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["account.id"], name=op.f("fk_role_grant_granted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            "uq_role_grant_one",
            [
                "account_id",
                "role",
                sa.literal_column("coalesce(call_id, 0)"),
                sa.literal_column("coalesce(country, '')"),
            ],
            unique=True,
        )

    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_user_session_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "invited",
                "accepted",
                "declined",
                "recused",
                "expired",
                name="assignmentstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_assignment_account_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_assignment_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("entry_id", "account_id", name=op.f("uq_assignment_entry_id_account_id")),
        sa.UniqueConstraint("id", "entry_id", name=op.f("uq_assignment_id_entry_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_assignment_ref")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_attachment_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("ref", name=op.f("uq_attachment_ref")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_sha256"), ["sha256"], unique=False)

    op.create_table(
        "conflict_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "none",
                "possible",
                "conflict",
                name="conflictanswer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "ruling",
            sa.Enum(
                "cleared",
                "upheld",
                name="conflictruling",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("ruled_by_id", sa.Integer(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(ruling IS NULL) = (ruled_by_id IS NULL)", name=op.f("ck_conflict_declaration_ruled_by")
        ),
        sa.CheckConstraint(
            "ruled_by_id IS NULL OR ruled_by_id <> account_id",
            name=op.f("ck_conflict_declaration_not_own_ruling"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_conflict_declaration_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_conflict_declaration_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["ruled_by_id"], ["account.id"], name=op.f("fk_conflict_declaration_ruled_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_declaration")),
        sa.UniqueConstraint(
            "entry_id", "account_id", name=op.f("uq_conflict_declaration_entry_id_account_id")
        ),
    )
    with op.batch_alter_table("conflict_declaration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_declaration_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_declaration_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdicts", JSON, nullable=False),
        sa.Column("body", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('endorsed', 'endorsed_with_conditions', 'reserve', 'not_endorsed', 'ineligible')",
            name=op.f("ck_decision_outcome"),
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name=op.f("ck_decision_four_eyes")
        ),
        sa.CheckConstraint(
            "released_at IS NULL OR approved_by_id IS NOT NULL", name=op.f("ck_decision_released_approved")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_decision_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_decision_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_decision_proposed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["decision.id"], name=op.f("fk_decision_superseded_by_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            "uq_decision_open",
            ["entry_id"],
            unique=True,
            sqlite_where=sa.text("superseded_by_id IS NULL"),
            postgresql_where=sa.text("superseded_by_id IS NULL"),
        )

    op.create_table(
        "entry_term",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("vocabulary", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_entry_term_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "vocabulary", "code", name=op.f("pk_entry_term")),
    )
    with op.batch_alter_table("entry_term", schema=None) as batch_op:
        batch_op.create_index("ix_entry_term_code", ["vocabulary", "code", "entry_id"], unique=False)

    op.create_table(
        "match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "suggested",
                "shortlisted",
                "proposed",
                "agreed",
                "active",
                "completed",
                "ended_early",
                "declined",
                "lapsed",
                "cancelled",
                name="matchstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("explanation", JSON, nullable=False),
        sa.Column("settings_version", sa.String(length=40), nullable=False),
        sa.Column("index_version", sa.String(length=80), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column(
            "requester_answer",
            sa.Enum(
                "none",
                "yes",
                "no",
                name="requester_answer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "partner_answer",
            sa.Enum(
                "none",
                "yes",
                "no",
                name="partner_answer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requester_reason", sa.Text(), nullable=True),
        sa.Column("partner_reason", sa.Text(), nullable=True),
        sa.Column("answer_by_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facilitator_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'active', 'completed') OR (requester_answer = 'yes' AND partner_answer = 'yes')",
            name=op.f("ck_match_agreed_by_both"),
        ),
        sa.CheckConstraint("places >= 1", name=op.f("ck_match_places")),
        sa.CheckConstraint("request_id <> offer_id", name=op.f("ck_match_two_sides")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_match_score")),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["account.id"], name=op.f("fk_match_facilitator_id_account")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["entry.id"], name=op.f("fk_match_offer_id_entry")),
        sa.ForeignKeyConstraint(["request_id"], ["entry.id"], name=op.f("fk_match_request_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
        sa.UniqueConstraint("ref", name=op.f("uq_match_ref")),
    )
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_offer_id"), ["offer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_request_id"), ["request_id"], unique=False)
        batch_op.create_index(
            "uq_match_open",
            ["request_id", "offer_id", "slot"],
            unique=True,
            sqlite_where=sa.text(
                "state NOT IN ('cancelled', 'completed', 'declined', 'ended_early', 'lapsed')"
            ),
            postgresql_where=sa.text(
                "state NOT IN ('cancelled', 'completed', 'declined', 'ended_early', 'lapsed')"
            ),
        )

    op.create_table(
        "private_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('sign_in', 'resume', 'confirm_email')", name=op.f("ck_private_link_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_private_link_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_private_link_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_private_link_token_hash")),
    )
    with op.batch_alter_table("private_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_private_link_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_private_link_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_revision_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["account.id"], name=op.f("fk_revision_submitted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_revision_entry_id_number")),
        sa.UniqueConstraint("id", "entry_id", name=op.f("uq_revision_id_entry_id")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "locked",
                "void",
                "released",
                name="reviewstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "recommendation",
            sa.Enum(
                "endorse",
                "endorse_with_conditions",
                "more_information",
                "do_not_endorse",
                "abstain",
                name="recommendation",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "confidence",
            sa.Enum(
                "low",
                "medium",
                "high",
                name="confidence",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("contradiction_reason", sa.Text(), nullable=True),
        sa.Column("comment_applicant", sa.Text(), nullable=True),
        sa.Column("comment_internal", sa.Text(), nullable=True),
        sa.Column("minutes_spent", sa.Integer(), nullable=True),
        sa.Column("expertise", JSON, nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'void') = (void_reason IS NOT NULL)", name=op.f("ck_review_void_reason")
        ),
        sa.CheckConstraint(
            "state NOT IN ('submitted', 'locked') OR submitted_at IS NOT NULL",
            name=op.f("ck_review_submitted_at"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id", "entry_id"],
            ["assignment.id", "assignment.entry_id"],
            name=op.f("fk_review_assignment_id_entry_id_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id", "entry_id"],
            ["revision.id", "revision.entry_id"],
            name=op.f("fk_review_revision_id_entry_id_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_review_assignment_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_review_ref")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "criterion_score",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("cannot_judge", sa.Boolean(), nullable=False),
        sa.Column("cannot_reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("pointer", sa.String(length=200), nullable=True),
        sa.Column("parts", JSON, nullable=False),
        sa.CheckConstraint("value IS NULL OR NOT cannot_judge", name=op.f("ck_criterion_score_cannot_judge")),
        sa.CheckConstraint("value IS NULL OR value BETWEEN 0 AND 3", name=op.f("ck_criterion_score_value")),
        sa.ForeignKeyConstraint(
            ["criterion_id"], ["criterion.id"], name=op.f("fk_criterion_score_criterion_id_criterion")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_criterion_score_review_id_review"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review_id", "criterion_id", name=op.f("pk_criterion_score")),
    )
    op.create_table(
        "review_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_version_review_id_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_version")),
    )
    with op.batch_alter_table("review_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_version_review_id"), ["review_id"], unique=False)

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute(
        "INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')"
    )


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("review_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_version_review_id"))

    op.drop_table("review_version")
    op.drop_table("criterion_score")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_entry_id"))

    op.drop_table("review")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_entry_id"))

    op.drop_table("revision")
    with op.batch_alter_table("private_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_private_link_entry_id"))
        batch_op.drop_index(batch_op.f("ix_private_link_account_id"))

    op.drop_table("private_link")
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_match_open",
            sqlite_where=sa.text(
                "state NOT IN ('cancelled', 'completed', 'declined', 'ended_early', 'lapsed')"
            ),
            postgresql_where=sa.text(
                "state NOT IN ('cancelled', 'completed', 'declined', 'ended_early', 'lapsed')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_match_request_id"))
        batch_op.drop_index(batch_op.f("ix_match_offer_id"))

    op.drop_table("match")
    with op.batch_alter_table("entry_term", schema=None) as batch_op:
        batch_op.drop_index("ix_entry_term_code")

    op.drop_table("entry_term")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_decision_open",
            sqlite_where=sa.text("superseded_by_id IS NULL"),
            postgresql_where=sa.text("superseded_by_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_decision_entry_id"))

    op.drop_table("decision")
    with op.batch_alter_table("conflict_declaration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_declaration_entry_id"))
        batch_op.drop_index(batch_op.f("ix_conflict_declaration_account_id"))

    op.drop_table("conflict_declaration")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_sha256"))
        batch_op.drop_index(batch_op.f("ix_attachment_entry_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_entry_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_account_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_account_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index("uq_role_grant_one")
        batch_op.drop_index(batch_op.f("ix_role_grant_call_id"))
        batch_op.drop_index(batch_op.f("ix_role_grant_account_id"))

    op.drop_table("role_grant")
    op.drop_table("idempotency_key")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index("ix_entry_public")
        batch_op.drop_index(batch_op.f("ix_entry_owner_id"))
        batch_op.drop_index(batch_op.f("ix_entry_organisation_id"))
        batch_op.drop_index("ix_entry_contact_email")
        batch_op.drop_index(batch_op.f("ix_entry_call_id"))

    op.drop_table("entry")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_account_id"))

    op.drop_table("api_token")
    op.drop_table("term")
    with op.batch_alter_table("criterion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_criterion_set_id"))

    op.drop_table("criterion")
    op.drop_table("call")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_organisation_id"))

    op.drop_table("account")
    op.drop_table("vocabulary")
    op.drop_table("rule_set")
    op.drop_table("reference_counter")
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_mail_subject_ref"))
        batch_op.drop_index("ix_outgoing_mail_due")

    op.drop_table("outgoing_mail")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_merged_into_id"))
        batch_op.drop_index(batch_op.f("ix_organisation_country"))

    op.drop_table("organisation")
    op.drop_table("heartbeat")
    op.drop_table("entry_change")
    op.drop_table("criteria_set")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_event_subject")

    op.drop_table("audit_event")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_attempt_key")

    op.drop_table("attempt")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_event_refuse()")
