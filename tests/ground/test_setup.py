"""Setting up says in one line what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ground.conftest import ROOT

FILES = ("bin", "requirements.txt", "requirements-dev.txt", "constraints.txt", "package.json", "package-lock.json")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def set_up(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bin/setup"],
        cwd=clone,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_venv_names_the_package(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "venv.py").write_text("raise SystemExit(1)")
    outcome = set_up(clone, PYTHONPATH=str(tmp_path), PATH="")  # no apt-get, so nothing is installed by this test
    assert outcome.returncode == 1
    assert (
        outcome.stderr
        == "setup: Python's venv does not work here: install the package python3-venv, then start again.\n"
    )


def test_missing_network_gets_one_line(clone: Path) -> None:
    nothing = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone / "nothing"), "PIP_CONFIG_FILE": os.devnull}
    outcome = set_up(clone, **nothing)
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "is there a network?" in outcome.stderr


def test_old_python_is_named(clone: Path) -> None:
    setup = clone / "bin/setup"
    setup.write_text(setup.read_text().replace("OLDEST_PYTHON = (3, 11)", "OLDEST_PYTHON = (9, 0)"))
    outcome = set_up(clone)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("setup: Python 3.11 or newer is needed")
