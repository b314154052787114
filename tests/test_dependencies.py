"""What is installed with celltrail is what celltrail imports: no less and no more."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Come with another requirement (traitlets with IPython, numpy with pandas), or are
# imported only for an object that the user made with them.
NOT_DECLARED = {
    "PIL",
    "matplotlib",
    "numpy",
    "plotly",
    "pydantic",
    "traitlets",
}
MODULE_OF = {"ipython": "IPython", "pyyaml": "yaml", "scikit-learn": "sklearn"}

if not (ROOT / "pyproject.toml").exists():
    pytest.skip("not a checkout", allow_module_level=True)


def modules(requirements: list[str]) -> set[str]:
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in requirements]
    return {MODULE_OF.get(name, name.replace("-", "_")) for name in names}


def imported() -> set[str]:
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"celltrail"}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
REQUIRED = modules(PROJECT["dependencies"])
EXTRAS = modules([*chain(*PROJECT["optional-dependencies"].values())])


def test_every_requirement_is_imported() -> None:
    assert REQUIRED - imported() == set()


def test_everything_imported_is_required_or_optional() -> None:
    assert imported() - REQUIRED - EXTRAS - NOT_DECLARED == set()


def test_every_requirement_has_a_lower_bound() -> None:
    requirements = PROJECT["dependencies"]
    assert [line for line in requirements if ">=" not in line] == []
