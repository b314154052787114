"""What the documents tell people to type works."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")
# Understood, and not run: they fetch the project or start what other tests start.
NOT_RUN = {".", ".venv/bin/pytest", ".venv/bin/python", "cd", "git", "pip"}
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)

IN_A_SHELL = """
import json, sys
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
config.TerminalInteractiveShell.colors = "nocolor"
config.TerminalInteractiveShell.simple_prompt = True
shell = TerminalInteractiveShell.instance(config=config)
for cell in json.load(sys.stdin):
    if not shell.run_cell(cell, store_history=True).success:
        sys.exit(f"This block fails:\\n{cell}")
"""


def blocks(document: str, language: str) -> list[str]:
    path = ROOT / document
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [code for name, code in FENCED.findall(text) if name == language]


def command_lines(document: str) -> list[str]:
    text = "\n".join(blocks(document, "bash")).replace("\\\n", " ")
    return [
        line.strip() for line in text.splitlines() if shlex.split(line, comments=True)
    ]


def program(line: str) -> str:
    return shlex.split(line, comments=True)[0]


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9]+):", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_one_we_know(document: str) -> None:
    used = {program(line) for line in command_lines(document)}
    assert used <= {"celltrail", "make", *NOT_RUN}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_make_targets_exist(document: str) -> None:
    lines = [line for line in command_lines(document) if program(line) == "make"]
    used = {word for line in lines for word in shlex.split(line, comments=True)[1:]}
    assert used <= make_targets()


@pytest.mark.slow
def test_the_readme_works_from_top_to_bottom(folder: Path) -> None:
    """All Python blocks in one shell, then the commands on the store they made."""
    run([sys.executable, "-c", IN_A_SHELL], json.dumps(blocks("README.md", "python")))
    assert (folder / ".celltrail").is_dir()
    for line in command_lines("README.md"):
        if program(line) == "celltrail":
            run(["bash", "-euo", "pipefail", "-c", line])


def run(command: list[str], stdin: str = "") -> None:
    """Run a command, with this environment's programs first, and show why it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        check=False,
        input=stdin,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
