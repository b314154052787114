"""Masking what must not be kept: by the name it goes under, and by how it looks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["MASK", "is_secret_name", "mask_text", "mask_value"]

MASK = "***"

_WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+")

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
_KEY_KINDS = frozenset(
    """
    access account api auth encryption license private secret signing storage
    """.split()  # noqa: SIM905 (pleasant to read)
)
# With one of these, the name is of a number, a place or a kind: token_limit, key_path.
_HARMLESS_WORDS = frozenset(
    """
    bos budget cls col column count dim dropout embedding eos field file filename id
    ids idx index kind len length level limit mask max min n name num number pad
    path per position sep size special type unk url vocab
    """.split()  # noqa: SIM905 (pleasant to read)
)
_WORKING_FOLDER = frozenset({"pwd", "oldpwd"})

# A search for words and marks comes first: most text has none and costs nothing.
_KEYWORDS = ("authorization", "credential", "key", "pass", "pwd", "secret", "token")
_KEYWORD = re.compile("|".join(_KEYWORDS))
_NAME_REST = re.compile(r"[\w.-]*")
_ASSIGNED = re.compile(
    r"['\"]?\]?(?:\s*:\s*[\w.\[\]|]{1,40})?\s*[:=]\s*[rRbBfFuU]{0,2}"
    r"(?P<quote>'''|\"\"\"|'|\")(?P<value>(?:\\.|(?!(?P=quote))[^\\])++)(?P=quote)",
    re.DOTALL,
)
_GIVEN = re.compile(r"(?:=|[ \t]+)['\"]?(?P<value>[^\s'\"]+)")
_SHELL_WORDS = ("export", "%env", "%set_env")
_PRIVATE_KEY = (
    r"-----BEGIN[A-Z ]{0,30} PRIVATE KEY-----[^-]{0,20000}"
    r"(?:-----END[A-Z ]{0,30} PRIVATE KEY-----|\Z)"
)
_MARKED = (
    ("PRIVATE KEY-----", _PRIVATE_KEY),
    ("eyJ", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    ("sk-", r"\bsk-[\w-]{16,}"),
    ("k_live_", r"\b[srp]k_live_\w{16,}"),
    ("k_test_", r"\b[srp]k_test_\w{16,}"),
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    ("github_pat_", r"\bgithub_pat_\w{40,}"),
    ("glpat-", r"\bglpat-[\w-]{20,}"),
    ("xox", r"\bxox[abeoprs]-[\w-]{10,}"),
    ("hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    ("AIza", r"\bAIza[\w-]{35}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    ("pypi-", r"\bpypi-[\w-]{40,}"),
    ("earer ", r"(?<=[Bb]earer )[\w.~+/-]{16,}=*"),
)
_LOOKS_SECRET = tuple((mark, re.compile(pattern)) for mark, pattern in _MARKED)
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
    found = {word.lower() for word in _WORD.findall(last)}
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
    text = _mask_named(text)
    for mark, pattern in _LOOKS_SECRET:
        if mark in text:
            text = pattern.sub(MASK, text)
    return _IN_ADDRESS.sub(rf"\1{MASK}\2", text) if "://" in text else text


def _mask_named(text: str) -> str:
    """Mask what is assigned to secret names, and given to them in shell commands."""
    lowered = text.lower()
    if not any(keyword in lowered for keyword in _KEYWORDS):
        return text
    kept: list[str] = []
    done = passed = 0
    # The few letters that grow when lowered would shift what is found.
    searched = lowered if len(lowered) == len(text) else text
    for hit in _KEYWORD.finditer(searched):
        if hit.start() < passed:
            continue
        start, end = _name_around(text, hit, passed)
        passed = end
        value = _value_after(text, start, end)
        if value is not None:
            kept += (text[done : value[0]], MASK)
            done = passed = value[1]
    return "".join((*kept, text[done:]))


def _name_around(text: str, hit: re.Match[str], first: int) -> tuple[int, int]:
    start = hit.start()
    while start > first and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
        start -= 1
    rest = _NAME_REST.match(text, hit.end())
    return start, rest.end() if rest else hit.end()


def _value_after(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where the value of a secret name stands, if the name is given one."""
    name = text[start:end]
    if not is_secret_name(name.strip("-.")):
        return None
    match = _ASSIGNED.match(text, end)
    if match is None and _is_in_shell(text, name, start):
        match = _GIVEN.match(text, end)
    return match.span("value") if match else None


def _is_in_shell(text: str, name: str, start: int) -> bool:
    return name.startswith("--") or text[max(0, start - 20) : start].rstrip(
        " \t"
    ).endswith(_SHELL_WORDS)
