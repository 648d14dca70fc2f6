"""How the web server runs: gunicorn with threads, settings from the environment, a log without people in it.

WEB_CONCURRENCY   worker processes; default twice the cores, at most 4
WEB_THREADS       threads in each; default 4
BIND              address to listen on; default 0.0.0.0 at PORT, which is 8000 unless set
FORWARDED_ALLOW_IPS  proxies whose X-Forwarded-Proto is believed; default 127.0.0.1 (gunicorn's own setting)
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response

# One thread for linear algebra: the workers share the cores already, and the last bits of a sum, hence the
# order of near-equal matches, would differ between one thread and several. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

bind = os.environ.get("BIND") or f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(4, 2 * (os.cpu_count() or 1)))
threads = int(os.environ.get("WEB_THREADS") or 4)

# Off: each worker opens its own database connections, which must never cross a fork, and a HUP loads new code
# worker by worker without a pause. The price is memory, some 100 MB for each worker.
preload_app = False

timeout = 60  # a worker that gives no sign of life for so long is replaced
graceful_timeout = 15  # requests under way at a stop may finish; a container engine's 10 s wants raising
keepalive = 5
max_requests = 20_000  # then a worker is replaced, so that a slow leak never adds up
max_requests_jitter = 2_000
backlog = 256

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The heartbeat file must not be on a slow disk, nor on a read-only one.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = (
    True  # otherwise a socket under HOME, which may be read-only and is nobody's business
)

SECRET_LOOKING = re.compile(r"(?=[^/]*\d)[^/]{20,}")


class PrivateLogger(Logger):
    """Writes one JSON object for each request: no IP address, query string, browser name or account."""

    def access(
        self, resp: Response, req: Request, environ: dict[str, object], request_time: timedelta
    ) -> None:
        """Log a request. Long path segments with digits may be one-time codes and are struck out."""
        if not self.access_log_enabled:
            return
        headers = {name.lower(): value for name, value in resp.headers}
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": headers.get("x-request-id"),
            "method": environ.get("REQUEST_METHOD"),
            "path": SECRET_LOOKING.sub("*", str(environ.get("PATH_INFO"))),
            "status": int(str(resp.status).split()[0]),
            "bytes": getattr(resp, "sent", None),
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
        }
        self.access_log.info(json.dumps(entry))


logger_class = PrivateLogger
accesslog = "-"
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
