"""gunicorn's settings, for `make run` and for a service unit alike."""

import os
import re
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from common.processes import end_with_parent

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

TOKEN = re.compile(r"(/(?:konto/(?:[^/]+/)*(?:zugang|key)|bestaetigung)/)[^/]+")


class TokenlessLogger(Logger):
    """Writes addresses without the one-time tokens in them."""

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> dict[str, Any]:
        atoms = super().atoms(resp, req, environ, request_time)
        return {**atoms, "U": self.without_tokens(atoms["U"] or "")}

    @staticmethod
    def without_tokens(path: str) -> str:
        return TOKEN.sub(r"\1…", path)


logger_class = TokenlessLogger


def post_fork(server: Any, worker: Any) -> None:
    """A worker without its master would keep the port."""
    end_with_parent()
