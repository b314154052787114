"""Images as files: NumPy arrays, Pillow images, and MLflow's ``Image``."""

from __future__ import annotations

import io
import posixpath
import re
import uuid
import warnings
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, cast

from celltrail.errors import InvalidTypeError, InvalidValueError, MissingExtraError
from celltrail.tracking import files, record

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image

    from celltrail.tracking.active import LiveRun

__all__ = ["Image", "thumbnail", "to_pillow", "write_image", "write_picture"]

_THUMBNAIL = 256
_WHITE = 255
_GREY, _COLOUR = 2, 3
_CHANNELS = {1, 3, 4}


class Image:
    """An image to log, from an array, a Pillow image or a file.

    Parameters
    ----------
    image
        A NumPy array, nested lists of pixels, a Pillow image, or a path.
    """

    def __init__(self, image: Any) -> None:
        self.image: PIL.Image.Image
        if isinstance(image, (str, Path)):
            self.image = _pillow().open(image)
        elif isinstance(image, list):
            import numpy as np

            self.image = to_pillow(np.array(image))
        else:
            self.image = to_pillow(image)
        self.size: tuple[int, int] = self.image.size

    def to_list(self) -> list[Any]:
        """Return the pixels as a flat list."""
        image = self.image
        # Pillow 12.1 renamed it, and warns of the old name.
        pixels = getattr(image, "get_flattened_data", None) or image.getdata
        return list(pixels())

    def to_array(self) -> np.ndarray[Any, Any]:
        """Return the pixels as a NumPy array."""
        import numpy as np

        return np.array(self.image)

    def to_pil(self) -> PIL.Image.Image:
        """Return the Pillow image."""
        return self.image

    def save(self, path: str | Path) -> None:
        """Write the image to a local file."""
        self.image.save(path)

    def resize(self, size: tuple[int, int]) -> Image:
        """Return the image in another size."""
        return Image(self.image.resize(size))


def write_image(
    run: LiveRun,
    image: Any,
    path: str | None = None,
    *,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
) -> None:
    """Give a run an image: at a path, or as one step of the series `key`."""
    if path is not None and any(given is not None for given in (key, step, timestamp)):
        message = (
            f"The artifact_file {path!r} cannot be used in conjunction with key, step "
            "or timestamp. Give the file alone, or a key for a series of images."
        )
        raise InvalidTypeError(message)
    if path is not None:
        write_picture(run, to_pillow(image), path)
    elif key is not None:
        _write_step(run, to_pillow(image), key, step or 0, timestamp)
    else:
        message = (
            "Please specify exactly one of artifact_file (one image) or key (a series "
            "of images with steps); got neither."
        )
        raise InvalidTypeError(message)


def write_picture(run: LiveRun, image: PIL.Image.Image, path: str) -> None:
    """Give a run a Pillow image, in the format its path says."""
    extension = posixpath.splitext(path)[1].lower()
    kind = _pillow().registered_extensions().get(extension)
    if kind is None:
        message = (
            f"{path!r} does not say which image format is meant; end it in .png, "
            ".jpg or .webp."
        )
        raise InvalidValueError(message)
    buffer = io.BytesIO()
    image.save(buffer, format=kind)
    files.write_bytes(run, buffer.getvalue(), path)


def thumbnail(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return a copy that fits a square of 256 pixels."""
    width, height = image.size
    scale = _THUMBNAIL / max(width, height)
    return image.resize((max(1, int(width * scale)), max(1, int(height * scale))))


def to_pillow(image: Any) -> PIL.Image.Image:
    """Return an image as Pillow has it.

    Raises
    ------
    InvalidTypeError
        When it is none.
    InvalidValueError
        When an array's shape or values are not those of an image.
    """
    import numpy as np

    pillow = _pillow()
    found: PIL.Image.Image = image.image if isinstance(image, Image) else image
    if isinstance(found, pillow.Image):
        return cast("PIL.Image.Image", found)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    message = (
        f"Unsupported image object type: {type(image).__name__}. `image` must be one "
        "of numpy.ndarray, PIL.Image.Image, and celltrail.Image."
    )
    raise InvalidTypeError(message)


def _write_step(
    run: LiveRun, image: PIL.Image.Image, key: str, step: int, timestamp: int | None
) -> None:
    """Write full size and thumbnail under the names MLflow's UI looks for."""
    bad = re.search(r"[^a-zA-Z0-9_\-./ ]", key)
    if bad or not key:
        message = (
            f"The key {key!r} may only contain alphanumerics, underscores (_), dashes "
            "(-), periods (.), spaces ( ), and slashes (/)."
        )
        raise InvalidValueError(message)
    when = timestamp or int(time() * 1000)
    name = key.replace("/", "~")
    stem = f"images/{name}+step+{step}+timestamp+{when}+{uuid.uuid4()}"
    write_picture(run, image, f"{stem}.png")
    write_picture(run, thumbnail(image), f"{stem}+compressed.webp")
    record.tags(run, {"mlflow.loggedImages": True})


def _from_array(array: np.ndarray[Any, Any]) -> PIL.Image.Image:
    if array.dtype.kind not in "biuf":
        message = (
            f"Invalid array data type: '{array.dtype}'. Must be one of bool, signed "
            "integer, unsigned integer, floating."
        )
        raise InvalidTypeError(message)
    is_colour = array.ndim == _COLOUR
    if array.ndim not in {_GREY, _COLOUR}:
        message = f"`image` must be a 2D or 3D array but got image shape: {array.shape}"
        raise InvalidValueError(message)
    if is_colour and array.shape[2] not in _CHANNELS:
        message = f"Invalid channel length: {array.shape[2]}. Must be one of [1, 3, 4]"
        raise InvalidValueError(message)
    if is_colour and array.shape[2] == 1:
        array = array[:, :, 0]
    picture: PIL.Image.Image = _pillow().fromarray(_to_bytes(array))
    return picture


def _to_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the pixels as bytes; floats go from 0 to 1."""
    import numpy as np

    is_integer = array.dtype.kind in "iu"
    high = _WHITE if is_integer else 1
    low_seen, high_seen = array.min(), array.max()
    if low_seen < 0 or high_seen > high:
        if is_integer:
            message = (
                "Integer pixel values out of acceptable range [0, 255]. Found minimum "
                f"value {low_seen} and maximum value {high_seen}."
            )
            raise InvalidValueError(message)
        warnings.warn(
            "Float pixel values out of acceptable range [0.0, 1.0]. Found minimum "
            f"value {low_seen} and maximum value {high_seen}. Rescaling them.",
            stacklevel=2,
        )
        array = (array - low_seen) / (high_seen - low_seen)
    return (array if is_integer else array * _WHITE).astype(np.uint8)


def _pillow() -> Any:
    try:
        import PIL.Image
    except ImportError:
        package, what = "pillow", "Logging an image"
        raise MissingExtraError.for_package(package, what=what) from None
    return PIL.Image
