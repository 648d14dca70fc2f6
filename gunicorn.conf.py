"""How the web server runs: gunicorn with threads, settings from the environment.

WEB_CONCURRENCY      worker processes; default twice the cores, at most 4
WEB_THREADS          threads in each; default 4
BIND                 address to listen on; default 0.0.0.0 at PORT, which is 8000 unless set
CAPMATCH_LOG_LEVEL   as for the application
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

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
graceful_timeout = 15  # requests under way at a stop may finish; give a container at least 20 s to stop
keepalive = 5
max_requests = 20_000  # then a worker is replaced, so that a slow leak never adds up
max_requests_jitter = 2_000
backlog = 256

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The heartbeat file must not lie on a slow disk, nor on a read-only one.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True  # otherwise a socket under HOME, which may be read-only

# The application logs each request itself, as JSON, by endpoint: a path may hold a one-time code, and an
# access log of ours would add IP addresses and query strings.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("CAPMATCH_LOG_LEVEL", "info").lower()


def post_worker_init(_worker: object) -> None:
    """Leave what was loaded at the start out of every search for garbage, and search less often.

    Templates, catalogues and the matching index hold very many objects that stay; going through them took a
    fifth of the time of a page of matches, all of it in the few answers that had to wait for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
