"""The composition root: which settings, which database, which doors.

`app.create_app` is the way in.
"""

from __future__ import annotations

import os
from datetime import timedelta
from types import ModuleType
from typing import cast

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import api
import jobs
import web
from commands.registry import register as register_commands
from config import ROOT, Settings, from_environment
from frame import access, health, language, requests
from frame.public_answers import PublicAnswers
from models.database import db
from services.clock import utc_now
from services.runtime import Runtime
from services.transaction import install_runtime

csrf = CSRFProtect()
migrate = Migrate()


def compose(settings: Settings | None = None) -> Flask:
    """Build the service. Raises WrongSettings, naming every setting that does not hold."""
    settings = settings or from_environment(os.environ)
    requests.configure_logs(settings.log_level)
    app = Flask(__name__, static_folder=None)
    app.config.update(_flask_config(settings))
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.init_app(app)
    migrate.init_app(
        app, db, directory=str(ROOT / "migrations"), render_as_batch=True, transactional_ddl=True
    )
    _install_runtime(app, settings)
    _install_frame(app, settings)
    web.register(app)
    api.register(app, csrf)
    register_commands(app)
    jobs.register(app)
    app.wsgi_app = _wsgi(app, settings)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    is_secure = settings.address.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # An error of the database is logged without the values, which may be somebody's data.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True, "hide_parameters": True},
        "SESSION_COOKIE_NAME": "__Host-capmatch" if is_secure else "capmatch",
        "SESSION_COOKIE_SECURE": is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=60),
        "MAX_CONTENT_LENGTH": settings.upload_max_bytes + 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "TRUSTED_HOSTS": _hosts(settings),
        "WTF_CSRF_TIME_LIMIT": None,
        "JSON_SORT_KEYS": False,
        "METRICS_TOKEN": settings.metrics_token,
        "SETTINGS": settings,
        "TESTING": settings.environment == "test",
    }


def _hosts(settings: Settings) -> list[str]:
    own = settings.address.split("://", 1)[1].split("/")[0]
    local = [] if settings.is_production else ["127.0.0.1", "localhost", "[::1]"]
    inside = ["127.0.0.1"]
    return [own.rsplit(":", 1)[0] if not own.endswith("]") else own, *settings.hosts, *local, *inside]


def _install_runtime(app: Flask, settings: Settings) -> None:
    runtime = Runtime(
        secret_key=settings.secret_key.encode(),
        audit_key=settings.audit_key.encode(),
        data_dir=settings.data_dir,
        address=settings.address,
        upload_max_bytes=settings.upload_max_bytes,
        mail_folder=None if settings.smtp_url else settings.data_dir / "mail",
        request_id=requests.request_id,
    )
    app.extensions["capmatch_runtime"] = runtime
    install_runtime(lambda: cast(Runtime, current_app.extensions["capmatch_runtime"]))


def _install_frame(app: Flask, settings: Settings) -> None:
    requests.install(app, is_secure=settings.address.startswith("https://"))
    app.before_request(language.choose_language)
    app.after_request(language.remember_language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.text, language.counted, newstyle=True, pgettext=language.text_in
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    csrf.init_app(app)
    app.register_blueprint(health.bp)
    kept = app.extensions["capmatch_public_answers"] = PublicAnswers()
    app.after_request(kept.keep)

    @app.before_request
    def outer_wall() -> ResponseReturnValue | None:
        """Who asks is found out by the door of the address; then nothing unlisted is let through."""
        if request.endpoint not in access.PUBLIC_ENDPOINTS:  # /health/live must answer without a database
            _door().load_actor()
        access.deny_by_default(app)
        return kept.find(utc_now())

    @app.errorhandler(Exception)
    def refusal(error: Exception) -> ResponseReturnValue:
        """Each door answers its own errors, unknown addresses below it included."""
        return _door().answer(error)


def _door() -> ModuleType:
    """The door that the address of this request belongs to."""
    return api if request.path.startswith("/api/") else web


def _wsgi(app: Flask, settings: Settings) -> object:
    application: object = language.LanguageInAddress(app.wsgi_app)
    files = WhiteNoise(application, root=None, max_age=31_536_000 if settings.is_production else 0)
    files.add_files(str(ROOT / "static"), prefix="static/")
    if settings.proxies:
        n = settings.proxies
        return ProxyFix(files, x_for=n, x_proto=n, x_host=n)
    return files
