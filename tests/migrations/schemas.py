"""A database's tables as it describes them itself: to the last constraint, for an equality."""

from __future__ import annotations

from sqlalchemy import Connection, text

POSTGRESQL = (
    """SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, ''),
              coalesce(character_maximum_length, 0)::text, coalesce(numeric_precision, 0)::text,
              coalesce(numeric_scale, 0)::text
       FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
    """SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    "SELECT 'sequence', sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'",
)
SQLITE = (
    """SELECT 'column', m.name, c.name, c.type, c."notnull", coalesce(c.dflt_value, ''), c.pk
       FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'""",
    """SELECT 'reference', m.name, f."from", f."table", f."to", f.on_delete, f.on_update
       FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'""",
    "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL",
)


def described(connection: Connection) -> set[tuple[str, ...]]:
    """Every column, constraint, index, trigger, function and sequence but Alembic's own table."""
    is_sqlite = connection.dialect.name == "sqlite"
    rows = {
        tuple(" ".join(str(part).split()) for part in row)
        for query in (SQLITE if is_sqlite else POSTGRESQL)
        for row in connection.execute(text(query))
    }
    if is_sqlite:
        rows |= _clauses(connection)
    return {row for row in rows if not any("alembic_version" in part for part in row)}


def _clauses(connection: Connection) -> set[tuple[str, ...]]:
    """SQLite tells its CHECK and UNIQUE clauses only as the text the table was made with: one per line."""
    made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    return {
        ("clause", name, " ".join(line.strip().rstrip(",").split()))
        for name, sql in made
        for line in sql.splitlines()
        if line.strip().startswith("CONSTRAINT")
    }
