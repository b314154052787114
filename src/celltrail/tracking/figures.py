"""Figures as files: matplotlib in any of its formats, plotly as HTML or image."""

from __future__ import annotations

import io
import posixpath
import sys
from typing import TYPE_CHECKING, Any

from celltrail.errors import InvalidTypeError
from celltrail.tracking import files

if TYPE_CHECKING:
    from celltrail.tracking.active import LiveRun

__all__ = ["write_figure"]

_PLOTLY_IMAGES = {".png", ".jpeg", ".jpg", ".webp", ".svg", ".pdf"}
_SCRIPT = "plotly.min.js"


def write_figure(
    run: LiveRun, figure: Any, path: str, save_kwargs: dict[str, Any] | None = None
) -> None:
    """Give a run a figure.

    Raises
    ------
    InvalidTypeError
        When `figure` is of neither library, or plotly cannot write such a file.
    """
    matplotlib = sys.modules.get("matplotlib.figure")
    plotly = sys.modules.get("plotly.graph_objects")
    options = dict(save_kwargs or {})
    if matplotlib is not None and isinstance(figure, matplotlib.Figure):
        options.setdefault("format", posixpath.splitext(path)[1].lstrip(".") or None)
        buffer = io.BytesIO()
        figure.savefig(buffer, **options)
        files.write_bytes(run, buffer.getvalue(), path)
    elif plotly is not None and isinstance(figure, plotly.Figure):
        _write_plotly(run, figure, path, options)
    else:
        message = (
            f"Unsupported figure object type: {type(figure).__name__!r}. Allowed are "
            "matplotlib.figure.Figure and plotly.graph_objects.Figure."
        )
        raise InvalidTypeError(message)


def _write_plotly(
    run: LiveRun, figure: Any, path: str, options: dict[str, Any]
) -> None:
    extension = posixpath.splitext(path)[1].lower()
    if extension == ".html":
        options.pop("auto_open", None)
        if "include_plotlyjs" not in options:
            # Beside the page instead of from a CDN: it shows without a network, and
            # the store keeps the script once, however many figures there are.
            from plotly.offline import get_plotlyjs

            options["include_plotlyjs"] = "directory"
            script = posixpath.join(posixpath.dirname(path), _SCRIPT)
            files.write_bytes(run, get_plotlyjs().encode(), script)
        files.write_bytes(run, figure.to_html(**options).encode(), path)
    elif extension in _PLOTLY_IMAGES:
        options.setdefault("format", extension.lstrip("."))
        files.write_bytes(run, figure.to_image(**options), path)
    else:
        message = (
            f"Unsupported file extension for plotly figure: {extension!r}. Allowed are "
            f".html and {', '.join(sorted(_PLOTLY_IMAGES))}."
        )
        raise InvalidTypeError(message)
