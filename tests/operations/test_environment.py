"""The set-up says what failed and what to do about it, and does nothing twice."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from operations import environment
from operations.environment import Failure, attempt, cure, explain, fingerprint, make_venv, only_one


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("error: write: No space left on device (os error 28)", environment.FULL),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", environment.CHANGED),
        ("error: Hash mismatch for `flask==3.1.3`", environment.CHANGED),
        ("Temporary failure in name resolution", environment.OFFLINE),
        ("error: Failed to fetch: `flask`", environment.OFFLINE),
        ("ERROR: No matching distribution found for flask==3.1.3", environment.OFFLINE),
        ("something new", ""),
    ],
)
def test_cure_knows_what_installers_complain_about(output: str, told: str) -> None:
    assert cure(output) == told


def test_explain_shows_the_last_words_and_the_cure_of_a_known_complaint() -> None:
    output = "\n".join([*(f"line {n}" for n in range(30)), "No space left on device"])

    lines = explain(output).splitlines()

    assert lines == ["    line 29", "    No space left on device", environment.FULL]


def test_explain_shows_more_of_a_complaint_that_nobody_knows() -> None:
    output = "\n".join(f"line {n}" for n in range(30))

    assert explain(output).splitlines() == [f"    line {n}" for n in range(18, 30)]


def test_attempt_returns_what_a_failing_step_printed() -> None:
    assert attempt("sh", "-c", "echo out; echo err >&2; exit 3") == (False, "out\nerr\n")


def test_attempt_returns_failure_for_a_program_that_does_not_exist() -> None:
    worked, output = attempt("/nowhere/program")

    assert (worked, "No such file" in output) == (False, True)


def test_only_one_refuses_while_another_holds_the_lock(tmp_path: Path) -> None:
    with only_one(tmp_path / "lock"), pytest.raises(Failure, match="busy here"):
        only_one(tmp_path / "lock", busy="busy here").__enter__()


def test_only_one_waits_when_it_is_not_to_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = []

    def second() -> None:
        with only_one(tmp_path / "lock"):
            order.append("second")

    waiting = threading.Thread(target=second)
    with only_one(tmp_path / "lock"):
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]
    assert "waiting for it" in capsys.readouterr().out


def test_fingerprint_changes_with_the_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "requirements-uv.txt").write_text("uv==1")
    (tmp_path / "requirements.txt").write_text("flask==1")
    before = fingerprint("requirements.txt")

    (tmp_path / "requirements.txt").write_text("flask==2")

    assert fingerprint("requirements.txt") != before


def test_make_venv_leaves_a_folder_that_is_no_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear Sir")
    monkeypatch.setattr(environment, "VENV", tmp_path / "letters")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "letters" / "bin" / "python")

    with pytest.raises(Failure, match="is no Python environment"):
        make_venv()

    assert (tmp_path / "letters" / "dear.txt").read_text() == "Dear Sir"
