from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
CODE = """
import app
assert "demo" not in vars(app)
from app import demo
assert type(demo).__name__ == "Page"
assert app.demo is demo
try:
    app.other
except AttributeError as error:
    print(error)
"""


def test_importing_app_builds_no_page_and_demo_is_built_once() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "module 'app' has no attribute 'other'\n"), done.stderr
