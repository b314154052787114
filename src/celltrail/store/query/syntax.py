"""The syntax of filters and of `order_by`: which token may follow which.

The walk over the tokens is what makes errors exact: it knows at each place what was
expected there. The tree itself, with its precedences, comes from sqlglot.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import TokenType, exp, parse_one, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError

from celltrail.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import Token

__all__ = ["fault", "parse_filter", "parse_order"]

_OPERATOR = "an operator (= != < <= > >= LIKE ILIKE IN BETWEEN IS NULL)"
_VALUE = "a number or a quoted text"
_JOINT = "AND, OR, a closing parenthesis or the end"

# state: (what is expected there, {kind of token: next state}).
_GRAMMAR: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "comparison": (
        "a comparison such as metrics.auc > 0.9",
        {"not": "comparison", "(": "comparison", "name": "operator"},
    ),
    "operator": (
        _OPERATOR,
        {
            ".": "key",
            "compare": "value",
            "like": "value",
            "in": "list",
            "between": "low",
            "is": "is",
            "not": "negated",
        },
    ),
    "key": ("a key", {"any": "operator"}),
    "negated": (
        "LIKE, ILIKE, IN or BETWEEN",
        {"like": "value", "in": "list", "between": "low"},
    ),
    "is": ("NULL or NOT NULL", {"null": "joint", "not": "is not"}),
    "is not": ("NULL", {"null": "joint"}),
    "value": (_VALUE, {"number": "joint", "text": "joint", "-": "minus"}),
    "minus": ("a number", {"number": "joint"}),
    "low": (_VALUE, {"number": "bound", "text": "bound", "-": "low minus"}),
    "low minus": ("a number", {"number": "bound"}),
    "bound": ("AND and the upper bound", {"and": "value"}),
    "list": ("a list in parentheses such as ('a', 'b')", {"(": "item"}),
    "item": (_VALUE, {"number": "more", "text": "more", "-": "item minus"}),
    "item minus": ("a number", {"number": "more"}),
    "more": ("',' or ')'", {",": "next", ")": "joint"}),
    # A comma may end the list, as in the text of a Python tuple: ('a',).
    "next": (
        _VALUE,
        {"number": "more", "text": "more", "-": "item minus", ")": "joint"},
    ),
    "joint": (_JOINT, {"and": "comparison", "or": "comparison", ")": "joint"}),
    "order": ("what to order by, such as metrics.auc", {"name": "ordered"}),
    "ordered": ("ASC, DESC or the end", {".": "order key", "direction": "directed"}),
    "order key": ("a key", {"any": "ordered"}),
    "directed": ("the end (one key each, as a list of texts)", {}),
}
_AFTER_KEY = {"operator", "ordered"}
_KEY_HINT = " A key with other characters than letters, digits and '_' needs backticks."
_COMPLETE = {"joint", "ordered", "directed"}

_KINDS: Final[dict[TokenType, str]] = {
    TokenType.VAR: "name",
    TokenType.IDENTIFIER: "name",
    TokenType.STRING: "text",
    TokenType.NUMBER: "number",
    TokenType.DOT: ".",
    TokenType.COMMA: ",",
    TokenType.DASH: "-",
    TokenType.L_PAREN: "(",
    TokenType.R_PAREN: ")",
    TokenType.AND: "and",
    TokenType.OR: "or",
    TokenType.NOT: "not",
    TokenType.IN: "in",
    TokenType.IS: "is",
    TokenType.NULL: "null",
    TokenType.BETWEEN: "between",
    TokenType.LIKE: "like",
    TokenType.ILIKE: "like",
    TokenType.ASC: "direction",
    TokenType.DESC: "direction",
    TokenType.EQ: "compare",
    TokenType.NEQ: "compare",
    TokenType.LT: "compare",
    TokenType.LTE: "compare",
    TokenType.GT: "compare",
    TokenType.GTE: "compare",
}
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`")
_EXCERPT = 60


class _Language(Dialect):
    """SQL cut down to the words of filters, so that any other word can be a key."""

    class Tokenizer(tokens.Tokenizer):
        """Quotes as in MLflow; no comments."""

        QUOTES = ["'"]  # noqa: RUF012 (sqlglot's way of setting up a dialect)
        IDENTIFIERS = ["`", '"']  # noqa: RUF012
        COMMENTS = []  # noqa: RUF012
        KEYWORDS = {  # noqa: RUF012
            "AND": TokenType.AND,
            "OR": TokenType.OR,
            "NOT": TokenType.NOT,
            "IN": TokenType.IN,
            "IS": TokenType.IS,
            "NULL": TokenType.NULL,
            "BETWEEN": TokenType.BETWEEN,
            "LIKE": TokenType.LIKE,
            "ILIKE": TokenType.ILIKE,
            "ASC": TokenType.ASC,
            "DESC": TokenType.DESC,
            "<=": TokenType.LTE,
            ">=": TokenType.GTE,
            "!=": TokenType.NEQ,
            "<>": TokenType.NEQ,
            "==": TokenType.EQ,
        }


def parse_filter(text: str) -> exp.Expr:
    """Return the tree of a filter, or raise an error that shows where it fails."""
    _check(text, _tokens(text), "comparison")
    return _tree(text)


def parse_order(text: str) -> tuple[exp.Expr, bool]:
    """Return what one `order_by` text orders by, and whether it descends."""
    found = _tokens(text)
    state = _check(text, found, "order")
    if state != "directed":
        return _tree(text), False
    last = found[-1]
    return _tree(text[: last.start]), last.token_type == TokenType.DESC


def fault(text: str, start: int, problem: str) -> InvalidValueError:
    """Return the error for a problem at one place of a filter, with a caret there.

    Examples
    --------
    >>> print(fault("metrics.auc >", 13, "expected a number.").message)
    This stops making sense at column 14: expected a number.
        metrics.auc >
                     ^
    """
    line_start = text.rfind("\n", 0, start) + 1
    line = text[line_start:].split("\n", 1)[0]
    column = start - line_start
    cut = max(0, column - _EXCERPT)
    excerpt = ("…" if cut else "") + line[cut : column + _EXCERPT].replace("\t", " ")
    caret = " " * (column - cut + bool(cut)) + "^"
    where = f"line {text.count(chr(10), 0, start) + 1}, " if "\n" in text else ""
    return InvalidValueError(
        f"This stops making sense at {where}column {column + 1}: {problem}\n"
        f"    {excerpt}\n    {caret}"
    )


def _tokens(text: str) -> list[Token]:
    try:
        return list(_Language().tokenize(text))
    except TokenError:
        closed = _QUOTED.sub(lambda match: " " * len(match[0]), text)
        start = next((i for i, mark in enumerate(closed) if mark in "'\"`"), len(text))
        raise fault(text, start, "this quote is never closed.") from None


def _check(text: str, found: Sequence[Token], state: str) -> str:
    """Walk over the tokens; return the last state, or raise where none follows."""
    parentheses: list[int] = []
    for token in found:
        following = _follow(state, token, text)
        if following is None or (state == "joint" and _closes(token, parentheses)):
            raise fault(text, token.start, _unexpected(state, token.text))
        if state == "comparison" and token.token_type == TokenType.L_PAREN:
            parentheses.append(token.start)
        state = following
    if state not in _COMPLETE:
        expected = f"expected {_GRAMMAR[state][0]}, found the end."
        raise fault(text, len(text.rstrip()), expected)
    if parentheses:
        raise fault(text, parentheses[-1], "this parenthesis is never closed.")
    return state


def _closes(token: Token, parentheses: list[int]) -> bool:
    """Take away the parenthesis that the token closes; whether there was none."""
    if token.token_type != TokenType.R_PAREN:
        return False
    if not parentheses:
        return True
    parentheses.pop()
    return False


def _follow(state: str, token: Token, text: str) -> str | None:
    choices = _GRAMMAR[state][1]
    kind = _KINDS.get(token.token_type, "other")
    if kind == "name" and "text" in choices and text[token.start] == '"':
        kind = "text"
    if kind == "." and "number" in choices:
        return state  # .5
    if "any" in choices and re.match(r"[\w`'\"]", text[token.start]):
        kind = "any"
    return choices.get(kind)


def _unexpected(state: str, found: str) -> str:
    hint = _KEY_HINT if state in _AFTER_KEY else ""
    return f"expected {_GRAMMAR[state][0]}, found {found!r}.{hint}"


def _tree(text: str) -> exp.Expr:
    try:
        return parse_one(text, dialect=_Language, into=exp.Condition)
    except (ParseError, RecursionError):
        problem = "this filter cannot be read; is it nested too deeply?"
        raise fault(text, 0, problem) from None
