"""Settings from the environment: every name, type, default and help in one table.

In production the service refuses to start without strong secrets; in demo and development it makes
its own and keeps them in the data folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
ENVIRONMENTS = ("production", "development", "demo", "test")


class WrongSettings(Exception):
    """One or more settings are missing, weak or not readable; the text lists every one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    kind: str
    default: str | None
    help: str


SETTINGS = (
    Setting(
        "CAPMATCH_ENV",
        "text",
        "development",
        "production, development, demo or test; production refuses weak secrets",
    ),
    Setting(
        "CAPMATCH_DATA",
        "path",
        "var",
        "folder for the SQLite database, attachments, the match index, mail in development, and made secrets",
    ),
    Setting(
        "CAPMATCH_ADDRESS",
        "text",
        "http://127.0.0.1:8000",
        "public address without a final slash; used for links in mails, and its host is always answered",
    ),
    Setting("CAPMATCH_HOSTS", "list", "", "further host names that are answered, separated by commas"),
    Setting(
        "CAPMATCH_PROXIES",
        "number",
        "0",
        "how many reverse proxies stand in front and set X-Forwarded-For, -Proto and -Host",
    ),
    Setting(
        "DATABASE_URL",
        "text",
        "",
        "database, e.g. postgresql+psycopg://user@host/name; empty means SQLite in the data folder",
    ),
    Setting(
        "SECRET_KEY",
        "secret",
        "",
        "signs cookies and hashes links and tokens; at least 32 characters; changing it signs everybody out",
    ),
    Setting(
        "AUDIT_KEY",
        "secret",
        "",
        "seals the audit trail; at least 32 characters; never change it while the trail is kept",
    ),
    Setting(
        "SMTP_URL",
        "text",
        "",
        "mail server, e.g. smtp+starttls://user:password@host:587; empty writes mail into the data folder",
    ),
    Setting("MAIL_FROM", "text", "Capmatch <no-reply@capmatch.example>", "sender of every mail"),
    Setting("CAPMATCH_UPLOAD_MB", "number", "10", "largest attachment, in megabytes"),
    Setting("CAPMATCH_METRICS_TOKEN", "secret", "", "bearer token for /metrics; empty closes the page"),
    Setting("CAPMATCH_LOG_LEVEL", "text", "INFO", "DEBUG, INFO, WARNING or ERROR"),
)
PLACEHOLDERS = ("changeme", "change-me", "secret", "password", "example", "test", "dev")


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings, read and checked. Has no repr, so that a log never shows a secret."""

    environment: str
    data_dir: Path
    address: str
    hosts: tuple[str, ...]
    proxies: int
    database_url: str
    secret_key: str
    audit_key: str
    smtp_url: str
    mail_from: str
    upload_max_bytes: int
    metrics_token: str
    log_level: str

    @property
    def is_production(self) -> bool:
        """True where people's real data is kept."""
        return self.environment == "production"


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read every setting; raises WrongSettings naming all that do not hold."""
    values: dict[str, Any] = {s.name: environ.get(s.name) or s.default or "" for s in SETTINGS}
    faults = _faults(values)
    if faults:
        raise WrongSettings("Capmatch does not start:\n" + "\n".join(f"- {fault}" for fault in faults))
    data_dir = Path(values["CAPMATCH_DATA"]).expanduser().resolve()
    is_production = values["CAPMATCH_ENV"] == "production"
    if not is_production:
        for name in ("SECRET_KEY", "AUDIT_KEY"):
            values[name] = values[name] or _kept_secret(data_dir, name)
    return Settings(
        environment=values["CAPMATCH_ENV"],
        data_dir=data_dir,
        address=values["CAPMATCH_ADDRESS"].rstrip("/"),
        hosts=tuple(host.strip() for host in values["CAPMATCH_HOSTS"].split(",") if host.strip()),
        proxies=int(values["CAPMATCH_PROXIES"]),
        database_url=values["DATABASE_URL"] or f"sqlite:///{data_dir / 'capmatch.sqlite'}",
        secret_key=values["SECRET_KEY"],
        audit_key=values["AUDIT_KEY"],
        smtp_url=values["SMTP_URL"],
        mail_from=values["MAIL_FROM"],
        upload_max_bytes=int(values["CAPMATCH_UPLOAD_MB"]) * 1024 * 1024,
        metrics_token=values["CAPMATCH_METRICS_TOKEN"],
        log_level=values["CAPMATCH_LOG_LEVEL"],
    )


def _faults(values: Mapping[str, Any]) -> list[str]:
    faults = []
    if values["CAPMATCH_ENV"] not in ENVIRONMENTS:
        faults.append(
            f"CAPMATCH_ENV is {values['CAPMATCH_ENV']!r}; it must be one of {', '.join(ENVIRONMENTS)}."
        )
    for setting in SETTINGS:
        if setting.kind == "number" and not values[setting.name].isdecimal():
            faults.append(
                f"{setting.name} is {values[setting.name]!r}; it must be a whole number, 0 or more."
            )
    if values["CAPMATCH_LOG_LEVEL"] not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        faults.append("CAPMATCH_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    if not values["CAPMATCH_ADDRESS"].startswith(("http://", "https://")):
        faults.append("CAPMATCH_ADDRESS must begin with http:// or https://.")
    if values["CAPMATCH_ENV"] == "production":
        faults += _production_faults(values)
    return faults


def _production_faults(values: Mapping[str, Any]) -> list[str]:
    faults = [
        f"{name} is {weakness}; give at least 32 random characters, for example from "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
        for name in ("SECRET_KEY", "AUDIT_KEY")
        if (weakness := _weakness(values[name]))
    ]
    if values["SECRET_KEY"] and values["SECRET_KEY"] == values["AUDIT_KEY"]:
        faults.append("SECRET_KEY and AUDIT_KEY are the same; use two different secrets.")
    if not values["SMTP_URL"]:
        faults.append("SMTP_URL is missing; in production mail must leave the machine.")
    if not values["CAPMATCH_ADDRESS"].startswith("https://"):
        faults.append("CAPMATCH_ADDRESS must begin with https:// in production.")
    if values["CAPMATCH_METRICS_TOKEN"] and _weakness(values["CAPMATCH_METRICS_TOKEN"]):
        faults.append("CAPMATCH_METRICS_TOKEN is weak; give at least 32 random characters or leave it out.")
    return faults


def _weakness(secret: str) -> str | None:
    if not secret:
        return "missing"
    if len(secret) < 32:
        return f"only {len(secret)} characters long"
    if len(set(secret)) < 12 or any(secret.lower().startswith(word) for word in PLACEHOLDERS):
        return "easy to guess"
    return None


def _kept_secret(data_dir: Path, name: str) -> str:
    """Outside production: a secret of its own for each data folder, made on the first start."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / f"{name.lower()}.txt"
    try:
        with path.open("x") as new:
            path.chmod(0o600)
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
