"""gunicorn's settings, for `make run` and for a service unit alike."""

import gc
import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from common.processes import end_with_parent
from integration_portal.logs import CleanFormatter, clean

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# Each thread keeps one database connection, so workers times threads is what the database must allow.
worker_class = "gthread"
workers = int(os.environ.get("WORKERS", "2"))
threads = int(os.environ.get("THREADS", "4"))
preload_app = True
max_requests = 5000
max_requests_jitter = 500
timeout = 30
graceful_timeout = 10
keepalive = 5
# A heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# X-Forwarded-* is read by integration_portal.middleware alone, which knows TRUSTED_PROXIES.
forwarded_allow_ips = ""
forwarder_headers = ""

accesslog = "-" if os.environ.get("ACCESS_LOG") == "1" else None
# Neither addresses nor query strings: logs hold no personal data.
access_log_format = '"%(m)s %(U)s" %(s)s %(B)s %(M)sms'
loglevel = os.environ.get("LOG_LEVEL", "warning")


class CleanLogger(Logger):
    """Writes addresses without the one-time tokens in them, and nothing about who asked."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(CleanFormatter(self.error_fmt, self.datefmt))

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> dict[str, Any]:
        atoms = super().atoms(resp, req, environ, request_time)
        return {**atoms, "U": clean(atoms["U"] or "")}


logger_class = CleanLogger


def when_ready(server: Any) -> None:
    """What is loaded stays: looking through it again and again took workers a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """A worker without its master would keep the port."""
    end_with_parent()
