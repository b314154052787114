"""Pages of results: how large they may be, and the tokens of the next ones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from celltrail.errors import InvalidValueError

__all__ = ["check_max_results", "fingerprint", "page_offset", "page_token"]

_LARGEST_PAGE = 50_000


def check_max_results(max_results: object) -> int:
    """Return the page size, or raise MLflow's error when it is not 1 to 50,000."""
    if isinstance(max_results, bool) or not isinstance(max_results, int):
        allowed = "a whole number"
    elif max_results < 1:
        allowed = "a positive integer"
    elif max_results > _LARGEST_PAGE:
        allowed = f"at most {_LARGEST_PAGE}"
    else:
        return max_results
    message = (
        f"Invalid value {max_results!r} for parameter 'max_results' supplied. "
        f"It must be {allowed}."
    )
    raise InvalidValueError(message)


def fingerprint(*question: object) -> str:
    """Return a short text that tells one search from another."""
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]


def page_token(offset: int, question: str) -> str:
    """Return the token of the page of a search that begins at `offset`."""
    content = json.dumps({"offset": offset, "search": question})
    return base64.urlsafe_b64encode(content.encode()).decode()


def page_offset(token: str | None, question: str) -> int:
    """Return where the page of that token begins.

    Raises
    ------
    InvalidValueError
        When the token is none of ours, or belongs to another search.
    """
    if not token:
        return 0
    try:
        content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        offset, searched = int(content["offset"]), content["search"]
    except (binascii.Error, ValueError, TypeError, KeyError) as error:
        message = (
            f"Invalid page token {token!r}. Pass the `token` of a result as it is."
        )
        raise InvalidValueError(message) from error
    if searched != question or offset < 1:
        message = (
            "The page token belongs to another search. Pass it with the same "
            "experiments, filter, view type and order, or begin without a token."
        )
        raise InvalidValueError(message)
    return offset
