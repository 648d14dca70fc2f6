"""Both databases that the tests run on really answer, and a fresh one is really fresh."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    select,
    text,
)
from sqlalchemy.pool import NullPool

from tests.databases import create_database, create_template, drop_database, empty_tables

METADATA = MetaData()
CALLS = Table("house_call", METADATA, Column("id", Integer, primary_key=True), Column("title", String(80)))
ENTRIES = Table(
    "house_entry",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("house_call.id")),
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the worker's database with two tables of this file's own."""
    engine = create_engine(database_url, poolclass=NullPool)
    METADATA.create_all(engine)
    yield engine
    METADATA.drop_all(engine)


def n_rows(engine: Engine, table: Table) -> int:
    """Count the rows of a table."""
    with engine.connect() as connection:
        return len(connection.execute(select(table.c.id)).all())


def test_database_answers_with_its_kind(engine: Engine) -> None:
    question = {"sqlite": "SELECT 'SQLite ' || sqlite_version()", "postgresql": "SELECT version()"}

    with engine.connect() as connection:
        answer = connection.execute(text(question[engine.dialect.name])).scalar_one()

    assert answer.split()[0].lower() == engine.dialect.name


def test_empty_tables_removes_every_row_whatever_refers_to_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CALLS.insert().values(id=1, title="Call"))
        connection.execute(ENTRIES.insert().values(id=1, call_id=1))

    with engine.begin() as connection:
        empty_tables(connection, METADATA)

    assert (n_rows(engine, CALLS), n_rows(engine, ENTRIES)) == (0, 0)


@pytest.mark.postgres
def test_empty_tables_passes_a_trigger_that_refuses_delete_and_leaves_it_working(postgres_url: str) -> None:
    engine = create_engine(postgres_url, poolclass=NullPool)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(CALLS.insert().values(id=1, title="Call"))
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER keep BEFORE DELETE ON house_call FOR EACH ROW EXECUTE FUNCTION refuse()"
        )

    with engine.begin() as connection:
        empty_tables(connection, METADATA)

    assert n_rows(engine, CALLS) == 0
    with engine.begin() as connection:
        connection.execute(CALLS.insert().values(id=2, title="Call"))
        with pytest.raises(Exception, match="refused"):
            connection.execute(CALLS.delete())
    METADATA.drop_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION refuse")


@pytest.mark.postgres
def test_create_database_copies_a_template_and_shares_nothing(postgres_server: str) -> None:
    def build(url: str) -> None:
        filled = create_engine(url, poolclass=NullPool)
        METADATA.create_all(filled)

    template = create_template(postgres_server, build)
    urls = [create_database(postgres_server, template=template) for _ in range(2)]
    first, second = (create_engine(url, poolclass=NullPool) for url in urls)

    with first.begin() as connection:
        connection.execute(CALLS.insert().values(id=1, title="Call"))

    assert (n_rows(first, CALLS), n_rows(second, CALLS)) == (1, 0)
    for url in urls:
        drop_database(postgres_server, url)
