"""Only the first line changes, and only when it is a ``%%track`` with a body."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from celltrail.notebook.transform import head_of, transform


def transformed(cell: str) -> str:
    manager = TransformerManager()
    manager.cleanup_transforms.append(transform)
    return manager.transform_cell(cell)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("%%track\nx = 1", "__celltrail_begin__('')\nx = 1\n"),
        ("%%track a --tag b=c  \nx", "__celltrail_begin__('a --tag b=c')\nx\n"),
        ("%%track 'it''s'\nx", "__celltrail_begin__(\"'it''s'\")\nx\n"),
        ("# why\n%%track a\nx", "# why\n__celltrail_begin__('a')\nx\n"),
        ("%%track a\r\nx\r\n", "__celltrail_begin__('a')\nx\r\n"),
        ("\n\n%%track a\nx", "__celltrail_begin__('a')\nx\n"),
        ("%%track a\n\nx", "__celltrail_begin__('a')\n\nx\n"),
    ],
)
def test_the_line_becomes_a_statement(cell: str, wanted: str) -> None:
    assert transformed(cell) == wanted


@pytest.mark.parametrize("text", ["%%tracker\nx", "x = '''\n%%track\n'''", "%track on"])
def test_what_is_no_track_stays(text: str) -> None:
    assert transform(text.splitlines(keepends=True)) == text.splitlines(keepends=True)


@pytest.mark.parametrize("text", ["%%track?", "%%track??", "%%track", "%%track a\n\n"])
def test_help_and_empty_bodies_are_left_to_ipython(text: str) -> None:
    assert head_of(text.splitlines(keepends=True)) is None


def test_another_cell_magic_is_called_on_its_own_line() -> None:
    found = transformed("%%track a\n%%time -n 3\nx = 1\ny\n").splitlines()
    assert found[0] == "__celltrail_begin__('a')"
    assert found[1] == (r"get_ipython().run_cell_magic('time', '-n 3', 'x = 1\ny\n')")


def test_a_terminal_waits_for_the_body() -> None:
    manager = TransformerManager()
    manager.cleanup_transforms.append(transform)
    assert manager.check_complete("%%track x\n")[0] != "invalid"
    assert manager.check_complete("%%track x\nfor i in y:\n")[0] == "incomplete"
    assert manager.check_complete("%%track x\nx = 1\n\n")[0] == "complete"
