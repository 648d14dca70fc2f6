"""The service as it runs: gunicorn, the background worker, a scratch data folder, and mail one can open."""

from __future__ import annotations

import email
import email.policy
import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from config import ROOT
from models.database import db
from services.clock import utc_now
from services.transaction import transaction
from tests.factories import make_account, make_published
from tests.faults.serving import Server, prepared, running
from tests.fixtures import SECRETS
from tests.scoring import make_sitting
from tests.signing_in import password_hash
from vocabulary.people import Role

PATIENCE = 20.0
_numbers = itertools.count(1)
REQUESTS = (
    {"title": "Mentors for a national ecosystem assessment", "contact_email": "amina@savannah.example"},
    {
        "language": "fr",
        "title": "Accompagner la première évaluation nationale des écosystèmes",
        "summary": "Nous préparons notre première évaluation nationale et cherchons des mentors.",
        "contact_email": "fatou@lagune.example",
        "countries": ["SEN"],
        "languages": ["fr"],
        "organisation_name": "Institut des lagunes",
    },
    {
        "language": "ar",
        "title": "تدريب فريق وطني على تقييم النظم الإيكولوجية",
        "summary": "نعدّ أول تقييم وطني للنظم الإيكولوجية ونبحث عن مرشدين ذوي خبرة.",
        "contact_email": "samir@steppe.example",
        "countries": ["JOR"],
        "languages": ["ar", "en"],
        "organisation_name": "مركز البادية",
    },
)
"""What waits in the service for an offer."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where it answers, where its mail lands, and an app of the test's own on its database."""

    address: str
    mail: Path
    app: Flask

    def link(self, to: str, marker: str) -> str:
        """Wait for a mail to somebody with a link to an address that holds `marker`; return the link."""
        wanted = re.compile(rf"{re.escape(self.address)}/\S*{re.escape(marker)}[^\s<>\"]+")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for path in sorted(self.mail.glob("*.eml")):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                body = message.get_body(("plain",))
                if message["To"] == to and body and (found := wanted.search(body.get_content())):
                    return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {to} with a link to …{marker}… in {PATIENCE} seconds")

    def assignment(self, language: str) -> tuple[str, str]:
        """A request in that language, and somebody to score it: the assignment's reference, their address."""
        address = f"reviewer{next(_numbers)}@people.example"
        with self.app.app_context(), transaction() as session:
            reviewer = make_account(session, Role.REVIEWER, email=address, password_hash=password_hash())
            sitting = make_sitting(session, now=utc_now(), answer=None, reviewer=reviewer, **texts(language))
            return sitting.ref, address


def texts(language: str) -> dict[str, object]:
    """What a request in that language says."""
    return dict(next(one for one in REQUESTS if one.get("language", "en") == language))


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Run the web server and the worker on a new data folder with a few published requests."""
    data = folder / "data"
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    data.mkdir(parents=True)
    app = prepared(url, data)
    with app.app_context(), transaction() as session:
        for changes in REQUESTS:
            make_published(session, now=utc_now(), **changes)
    server = Server(url, data, workers=1, environ={"WEB_THREADS": "8"})
    with running(server), _working(server):
        yield Service(f"http://127.0.0.1:{server.port}", data / "mail", app)
    with app.app_context():
        db.engine.dispose()


@contextmanager
def _working(server: Server) -> Iterator[None]:
    environ = os.environ | SECRETS
    environ |= {
        "CAPMATCH_ENV": "development",
        "CAPMATCH_DATA": str(server.data_dir),
        "CAPMATCH_ADDRESS": f"http://127.0.0.1:{server.port}",
        "CAPMATCH_LOG_LEVEL": "ERROR",
        "DATABASE_URL": server.database_url,
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "run"]
    with (server.data_dir.parent / "jobs.log").open("ab") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(20)
