"""The way in: the whole service, or one command that works on files, by itself.

`gunicorn "app:create_app()"` starts the service, `flask --app app …` runs a command. Web, API and database
take seconds to import, so they are loaded only where they are wanted.
"""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from commands.on_files import asked_for
from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service. Raises WrongSettings, naming every setting that does not hold."""
    command = asked_for() if settings is None else None
    if command is None:
        service: Flask = import_module("composition").compose(settings)
        return service
    app = Flask(__name__, static_folder=None)
    app.cli.add_command(command)
    return app
