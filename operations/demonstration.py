"""How is the demonstration world made and shown? Its data folder is whole, or is made anew from nothing.

Standard library only; the world itself is made by `flask seed demo`, which writes demo.json as its last act.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
from pathlib import Path

from operations.environment import RUN_TIME, Failure, clean_environment, only_one, say, set_up
from operations.service import ANY_ADDRESS, Service, free_port, netloc, run_flask

# Beginnings of the names that lead the service elsewhere: to another database, another mail server.
ELSEWHERE = (
    "CAPMATCH_", "FLASK_", "GUNICORN_", "DATABASE_URL", "SMTP_URL", "MAIL_FROM", "SECRET_KEY", "AUDIT_KEY",
)  # fmt: skip
# What may lie in a new folder: our own, and the secrets that any flask command makes when it starts.
HARMLESS = {"demo.lock", "logs", "secret_key.txt", "audit_key.txt"}


def demo_environment(data: Path, address: str) -> dict[str, str]:
    """Return the settings of the demonstration alone: settings for another database must not reach it."""
    mine = {"CAPMATCH_DATA": str(data), "CAPMATCH_ENV": "demo", "CAPMATCH_ADDRESS": address}
    others = {name: value for name, value in clean_environment().items() if not name.startswith(ELSEWHERE)}
    for name in sorted(set(clean_environment()) - set(others) - set(mine)):
        say(f"Note: {name} is set; the demonstration does not use it.")
    return {**others, **mine}


def clear_unfinished(data: Path) -> None:
    """Empty the folder of a world that was broken off. Raises Failure when it holds something not ours."""
    marker = data / "demo-unfinished"
    others = [path for path in data.iterdir() if path.name not in HARMLESS]
    if others and not marker.exists():
        raise Failure(f"{data} holds something else than a demonstration. Name an empty folder with --data.")
    marker.touch()
    if others:
        say("The last set-up of the demonstration was broken off; starting it anew.")
    for path in others:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != marker:
            path.unlink()


def prepare_data(data: Path, environment: dict[str, str], size: int | None) -> None:
    """Bring the data folder to a whole demonstration world at the newest state of the tables."""
    whole, log = data / "demo.json", data / "logs" / "set-up.log"
    if not whole.exists():
        clear_unfinished(data)
    log.parent.mkdir(exist_ok=True)
    say("Preparing the database …")
    run_flask(environment, log, "db", "upgrade")
    run_flask(environment, log, "seed", "reference")
    if not whole.exists():
        say("Making the demonstration world. This is done once and takes a moment …")
        run_flask(environment, log, "seed", "demo", *(["--size", str(size)] if size else []))
        if not whole.exists():
            raise Failure(f"`flask seed demo` ended without writing {whole}.")
    (data / "demo-unfinished").unlink(missing_ok=True)


def tell_where(data: Path, address: str) -> None:
    """Print the address, one account of each role and where mail lands; keep the address in demo.json."""
    path = data / "demo.json"
    world = json.loads(path.read_text(encoding="utf-8"))
    world["address"] = address
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(world, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.replace(path)
    say(f"\nCapmatch is running at {address}\n\nAll people and places in it are made up. Sign in as:")
    of_each_role = {account["role"]: account for account in reversed(world["accounts"])}
    for role, account in reversed(of_each_role.items()):
        say(f"  {role:<12} {account['email']:<40} {account['password']}")
    say(f"\nMail is not sent but written to {data / 'mail'}; logs are in {data / 'logs'}.")
    say("Press Ctrl-C to stop.")


def interrupt(*_: object) -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C."""
    raise KeyboardInterrupt


def demo(arguments: argparse.Namespace) -> int:
    """Set everything up, load the demonstration world and serve it until stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    port = free_port(arguments.host, arguments.port)
    data = Path(arguments.data).expanduser().resolve()
    address = f"http://{netloc(ANY_ADDRESS.get(arguments.host, arguments.host), port)}"
    try:
        set_up(RUN_TIME)
        data.mkdir(parents=True, exist_ok=True)
        with only_one(data / "demo.lock", busy=f"A demonstration is already running on {data}."):
            environment = demo_environment(data, address)
            prepare_data(data, environment, arguments.size)
            say("Starting …")
            with Service(arguments.host, port, environment, data / "logs") as service:
                service.wait_until_ready()
                tell_where(data, address)
                service.watch()
    except KeyboardInterrupt:
        say("Stopped.")
    return 0
