"""Capmatch does not start with what is weak or wrong, says all of it at once, and never shows a secret."""

from __future__ import annotations

import stat
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import SETTINGS, WrongSettings, from_environment

STRONG = "Zk3v9Qw1Lx7Rt5Yp2Mn8Bc4Hd6Jf0GsA"
OTHER = "pP0qQ1rR2sS3tT4uU5vV6wW7xX8yY9zZ"
PRODUCTION = {
    "CAPMATCH_ENV": "production",
    "CAPMATCH_ADDRESS": "https://capmatch.example",
    "SECRET_KEY": STRONG,
    "AUDIT_KEY": OTHER,
    "SMTP_URL": "smtp+starttls://user:hunter2-of-mail@mail.example:587",
    "DATABASE_URL": "postgresql+psycopg://capmatch:hunter2-of-data@db/capmatch",
}


def faults(**changes: str | None) -> list[str]:
    """What a start in production with these changes is refused for, line by line."""
    environ = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    with pytest.raises(WrongSettings) as refused:
        from_environment(environ)
    return str(refused.value).splitlines()[1:]


def started(environ: dict[str, str]) -> str | None:
    """None when it starts, else what it is refused for."""
    try:
        from_environment(environ)
    except WrongSettings as refused:
        return str(refused)
    return None


def test_production_starts_with_strong_secrets(tmp_path: Path) -> None:
    settings = from_environment(PRODUCTION | {"CAPMATCH_DATA": str(tmp_path)})

    assert (settings.is_production, settings.secret_key, settings.audit_key) == (True, STRONG, OTHER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("short-one", "is only 9 characters long"),
        (STRONG[:31], "is only 31 characters long"),
        ("a" * 64, "is easy to guess"),
        ("abcabcabcabcabcabcabcabcabcabcabcabc", "is easy to guess"),
        ("changeme" + STRONG, "is easy to guess"),
        ("Secret" + STRONG, "is easy to guess"),
    ],
)
def test_production_refuses_a_missing_or_weak_secret(name: str, value: str | None, said: str) -> None:
    found = faults(**{name: value})

    assert [line.split(";")[0] for line in found] == [f"- {name} {said}"]


def test_production_refuses_one_secret_for_both_purposes() -> None:
    assert faults(AUDIT_KEY=STRONG) == ["- SECRET_KEY and AUDIT_KEY are the same; use two different secrets."]


def test_every_fault_is_told_at_once() -> None:
    found = faults(
        SECRET_KEY=None,
        AUDIT_KEY="weak",
        SMTP_URL=None,
        CAPMATCH_ADDRESS="capmatch.example",
        CAPMATCH_PROXIES="one",
        CAPMATCH_UPLOAD_MB="²",
        CAPMATCH_LOG_LEVEL="loud",
        CAPMATCH_METRICS_TOKEN="1234",
    )

    named = sorted({line.split()[1] for line in found})
    assert named == [
        "AUDIT_KEY",
        "CAPMATCH_ADDRESS",
        "CAPMATCH_LOG_LEVEL",
        "CAPMATCH_METRICS_TOKEN",
        "CAPMATCH_PROXIES",
        "CAPMATCH_UPLOAD_MB",
        "SECRET_KEY",
        "SMTP_URL",
    ]


def test_an_unknown_environment_is_refused_and_the_right_ones_are_named() -> None:
    with pytest.raises(WrongSettings, match="it must be one of production, development, demo, test"):
        from_environment({"CAPMATCH_ENV": "prodction"})


def test_no_secret_is_in_the_message_that_refuses_it() -> None:
    weak = "hunter2-weak"

    told = "\n".join(
        faults(SECRET_KEY=weak, AUDIT_KEY=weak, CAPMATCH_METRICS_TOKEN=weak, CAPMATCH_ADDRESS="x")
    )

    assert "hunter2" not in told


def test_no_secret_is_in_the_text_of_the_settings(tmp_path: Path) -> None:
    settings = from_environment(PRODUCTION | {"CAPMATCH_DATA": str(tmp_path)})

    shown = repr(settings) + str(settings) + f"{settings}" + repr([settings])

    assert [secret for secret in (STRONG, OTHER, "hunter2") if secret in shown] == []


def test_settings_cannot_be_changed_after_the_start(tmp_path: Path) -> None:
    settings = from_environment(PRODUCTION | {"CAPMATCH_DATA": str(tmp_path)})

    with pytest.raises((FrozenInstanceError, TypeError)):
        settings.secret_key = "other"  # type: ignore[misc]


@pytest.mark.parametrize("environment", ["development", "demo", "test"])
def test_elsewhere_a_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path, environment: str) -> None:
    environ = {"CAPMATCH_ENV": environment, "CAPMATCH_DATA": str(tmp_path / "data")}

    first, second = from_environment(environ), from_environment(environ)

    assert first.secret_key == second.secret_key
    assert first.audit_key != first.secret_key
    assert min(len(first.secret_key), len(first.audit_key)) >= 32
    kept = [tmp_path / "data" / name for name in ("secret_key.txt", "audit_key.txt")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600, 0o600]


def test_an_empty_setting_counts_as_not_given(tmp_path: Path) -> None:
    blank = {setting.name: "" for setting in SETTINGS}

    settings = from_environment(blank | {"CAPMATCH_DATA": str(tmp_path)})

    assert (settings.environment, settings.log_level, settings.upload_max_bytes) == (
        "development",
        "INFO",
        10 * 1024 * 1024,
    )
    assert settings.database_url == f"sqlite:///{tmp_path / 'capmatch.sqlite'}"


NAMES = st.sampled_from([s.name for s in SETTINGS if s.name not in ("CAPMATCH_DATA", "CAPMATCH_ENV")])


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_characters="\0"), max_size=40), max_size=8))
def test_whatever_is_given_production_starts_or_says_why(changes: dict[str, str]) -> None:
    environ = PRODUCTION | changes

    outcome = started(environ)

    assert outcome is None or outcome.startswith("Capmatch does not start:\n- ")
