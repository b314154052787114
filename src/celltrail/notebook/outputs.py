"""What a tracked cell printed and displayed, kept as files of its run."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from celltrail.masking import mask_text
from celltrail.tracking import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celltrail.notebook.capture.output import CapturedOutput
    from celltrail.tracking.active import LiveRun

__all__ = ["keep_output"]

_FOLDER = "output"
# The richest form is kept; a page is not, where there is a picture.
_KINDS = {
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpg",
    "application/vnd.plotly.v1+json": "plotly.json",
    "text/html": "html",
    "text/markdown": "md",
    "text/latex": "tex",
    "application/json": "json",
    "text/plain": "txt",
}


def keep_output(run: LiveRun, output: CapturedOutput, traceback: str = "") -> None:
    """Give a run its output as files: ``output/stdout.txt``, ``output/result.html``."""
    for path, content in _files(output, traceback):
        files.write_bytes(run, content, f"{_FOLDER}/{path}")


def _files(output: CapturedOutput, traceback: str) -> Iterator[tuple[str, bytes]]:
    texts = {"stdout": output.stdout, "stderr": output.stderr, "traceback": traceback}
    for name, text in texts.items():
        if text:
            yield f"{name}.txt", _encoded(mask_text(text))
    for number, bundle in enumerate(output.displays, start=1):
        yield from _bundle(f"display-{number}", bundle)
    if output.result:
        yield from _bundle("result", output.result)


def _bundle(stem: str, bundle: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    for mime, ending in _KINDS.items():
        if mime in bundle:
            yield f"{stem}.{ending}", _content(mime, bundle[mime])
            return


def _content(mime: str, data: Any) -> bytes:
    if isinstance(data, bytes):
        return data
    if mime in {"image/png", "image/jpeg"}:
        try:
            return base64.b64decode(data)
        except (binascii.Error, TypeError):
            return _encoded(str(data))
    if isinstance(data, str):
        return _encoded(mask_text(data))
    return json.dumps(data, default=str).encode()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
