"""Masking what must not be kept: by the name it goes under, and by how it looks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from celltrail.notebook.capture.vocabulary import word_set, words

__all__ = ["MASK", "is_secret_name", "mask_text", "mask_value"]

MASK = "***"

_SECRET_WORDS = frozenset(
    {
        "apikey",
        "apitoken",
        "authorization",
        "authtoken",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "privatekey",
        "pwd",
        "secret",
        "secretkey",
        "secrets",
        "token",
    }
)
_KEY_KINDS = word_set(
    "access account api auth encryption license private secret signing storage"
)
# With one of these, the name is of a number, a place or a kind: token_limit, key_path.
_HARMLESS_WORDS = word_set(
    """
    bos budget cls col column count dim dropout embedding eos field file filename id
    ids idx index kind len length level limit mask max min n name num number pad path
    per position sep size special type unk url vocab
    """
)
_WORKING_FOLDER = frozenset({"pwd", "oldpwd"})

# In a name no start is tried twice: the search stays linear in the text.
_ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]++)['\"]?\]?"
    r"(?:\s*:\s*[\w.\[\]|]{1,40})?\s*[:=]\s*[rRbBfFuU]{0,2}"
    r"(?P<quote>'''|\"\"\"|'|\")(?P<value>(?:\\.|(?!(?P=quote))[^\\])++)(?P=quote)",
    re.DOTALL,
)
_SHELL = re.compile(
    r"(?P<before>(?:\bexport[ \t]+|%(?:set_)?env[ \t]+|--)"
    r"(?P<name>[\w-]++)(?:=|[ \t]+)['\"]?)(?P<value>[^\s'\"]+)"
)
_LOOKS_SECRET = re.compile(
    r"""
      -----BEGIN[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----.{0,20000}?
        (?:-----END[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----|\Z)
    | \beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*
    | \bsk-[\w-]{16,}
    | \b[srp]k_(?:live|test)_\w{16,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | \bgh[pousr]_[A-Za-z0-9]{30,}
    | \bgithub_pat_\w{40,}
    | \bglpat-[\w-]{20,}
    | \bxox[abeoprs]-[\w-]{10,}
    | \bhf_[A-Za-z0-9]{30,}
    | \bAIza[\w-]{35}
    | \bnpm_[A-Za-z0-9]{36}
    | \bpypi-[\w-]{40,}
    | (?<=[Bb]earer[ ])[\w.~+/-]{16,}=*
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_ADDRESS = re.compile(r"(://[^\s/:@'\"]{0,200}:)[^\s/@'\"]{1,500}(@)")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a name says that its value is a secret.

    Examples
    --------
    >>> is_secret_name("OPENAI_API_KEY"), is_secret_name("max_tokens")
    (True, False)
    """
    last = name.rpartition(".")[2]
    found = set(words(last.replace("-", "_")))
    if _HARMLESS_WORDS & found or last.lower() in _WORKING_FOLDER:
        return False
    if _SECRET_WORDS & found:
        return True
    return "key" in found and bool(_KEY_KINDS & found)


def mask_value(name: str, value: Any) -> Any:
    """Return a param's or value's value, masked if its name or its look is secret.

    Examples
    --------
    >>> mask_value("db.password", "hunter2"), mask_value("lr", 0.1)
    ('***', 0.1)
    """
    if value is None or isinstance(value, bool):
        return value
    if is_secret_name(name):
        return MASK
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list | tuple):
        return type(value)(mask_value(name, item) for item in value)
    if isinstance(value, dict):
        return {key: mask_value(str(key), item) for key, item in value.items()}
    return value


def mask_text(text: str) -> str:
    """Return code or output with the secrets in it masked.

    Masked are texts assigned to a secret name, and what looks like a key, a token or
    a password within an address, wherever it stands.

    Examples
    --------
    >>> mask_text("api_key = 'abc'; url = 'https://me:pw@host'")
    "api_key = '***'; url = 'https://me:***@host'"
    """
    text = _ASSIGNED.sub(_mask_assigned, text)
    text = _SHELL.sub(_mask_shell, text)
    text = _LOOKS_SECRET.sub(MASK, text)
    return _IN_ADDRESS.sub(rf"\1{MASK}\2", text)


def _mask_assigned(match: re.Match[str]) -> str:
    if not is_secret_name(match["name"]):
        return match[0]
    start, end = (place - match.start() for place in match.span("value"))
    return match[0][:start] + MASK + match[0][end:]


def _mask_shell(match: re.Match[str]) -> str:
    return match["before"] + MASK if is_secret_name(match["name"]) else match[0]
