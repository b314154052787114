"""Run the scripts with MLflow and write down what they return.

In an environment with mlflow, pandas and pillow: ``python record.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"


def one(name: str) -> None:
    """Run one script, in a process and a folder of its own, and print its result."""
    sys.path.insert(0, str(HERE))
    scripts = import_module("scripts")
    mlflow = import_module("mlflow")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        mlflow.set_tracking_uri("sqlite:///mlflow.db")
        result = getattr(scripts, name)(mlflow)
        os.chdir(HERE)
    print("RESULT" + json.dumps(result))


def everything() -> None:
    """Run all scripts and write expected.json."""
    sys.path.insert(0, str(HERE))
    scripts = import_module("scripts")
    expected: dict[str, object] = {"mlflow": import_module("mlflow").__version__}
    for script in scripts.SCRIPTS:
        command = [sys.executable, __file__, script.__name__]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        result = done.stdout.rpartition("RESULT")[2]
        expected[script.__name__] = json.loads(result)
        print(script.__name__)
    text = json.dumps(expected, indent=1, sort_keys=True, ensure_ascii=False)
    EXPECTED.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    one(sys.argv[1]) if sys.argv[1:] else everything()
