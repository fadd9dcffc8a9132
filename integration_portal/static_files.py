"""Static files collected, compressed and named by their content, once per change."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_static_files() -> None:
    """Fill STATIC_ROOT, unless it was filled from the same files before."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    state = _state()
    if Path(settings.STATIC_ROOT).exists() and stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)


def _state() -> str:
    """Names, sizes and times of all static files; reading them all would take longer than one may wait at start."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
