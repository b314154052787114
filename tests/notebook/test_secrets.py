"""Secrets are masked by name and by look; everything else stays what it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrail.masking import (
    MASK,
    is_secret_name,
    mask_text,
    mask_value,
)

KEYS = [
    "sk-" + "a1B2" * 8,
    "sk-proj-" + "a1_-" * 8,
    "sk-ant-api03-" + "x" * 20,
    "AKIA" + "ABCD1234" * 2,
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1_" * 15,
    "glpat-" + "a" * 20,
    "xoxb-" + "1" * 12,
    "hf_" + "A" * 34,
    "AIza" + "a" * 35,
    "sk_live_" + "a" * 24,
    "npm_" + "b" * 36,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_def",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIB",
]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "passwd",
        "db.password",
        "api_key",
        "apikey",
        "apiKey",
        "OPENAI_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "secret",
        "client_secret",
        "token",
        "hf_token",
        "access-token",
        "credentials",
        "GOOGLE_CREDENTIALS",
        "db_pwd",
        "private_key",
        "passphrase",
    ],
)
def test_a_name_is_of_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens",
        "n_tokens",
        "tokenizer",
        "tokenizer.name",
        "num_tokens",
        "pad_token",
        "eos_token_id",
        "token_count",
        "max_token",
        "key",
        "keys",
        "primary_key",
        "sort_key",
        "monkey",
        "PWD",
        "secretary",
        "author",
        "password_length",
        "token_url",
        "lr",
        "",
    ],
)
def test_a_name_is_of_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_masked_wherever_it_stands(key: str) -> None:
    assert mask_value("x", key) == MASK
    assert mask_text(f"call({key!s}, 3)").replace(" ", "").startswith(f"call({MASK}")
    assert key not in mask_text(f"before\n{key}\nafter")


def test_values_are_masked_by_name_and_look() -> None:
    assert mask_value("password", "x") == MASK
    assert mask_value("password", 1234) == MASK
    assert mask_value("cfg.api_key", ["a", "b"]) == MASK
    assert mask_value("urls", ["https://u:pw@h/x"]) == [f"https://u:{MASK}@h/x"]
    assert mask_value("cfg", {"token": "x", "n": 1}) == {"token": MASK, "n": 1}


def test_other_values_stay_the_same_objects() -> None:
    for value in (1, 0.5, None, True, "text", "data/train.csv", [1, 2], (3,)):
        assert mask_value("max_tokens", value) == value
    assert mask_value("token", None) is None
    assert mask_value("use_token", value=True) is True


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('api_key = "abc"', 'api_key = "***"'),
        ("API_KEY='abc'", "API_KEY='***'"),
        (
            'os.environ["OPENAI_API_KEY"] = "abc"',
            'os.environ["OPENAI_API_KEY"] = "***"',
        ),
        ('{"password": "abc", "user": "me"}', '{"password": "***", "user": "me"}'),
        ('connect(password="a\\"b", port=1)', 'connect(password="***", port=1)'),
        ('token: str = "abc"', 'token: str = "***"'),
        ('secret = f"abc{x}"', 'secret = f"***"'),
        ('secret = """a\nb"""', 'secret = """***"""'),
        ("%env HF_TOKEN=abc", "%env HF_TOKEN=***"),
        ("!export API_KEY=abc && run", "!export API_KEY=*** && run"),
        ("!tool --password abc --epochs 3", "!tool --password *** --epochs 3"),
        ("postgresql://me:hunter2@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("Authorization: Bearer abcdefghijklmnopqrst", "Authorization: Bearer ***"),
    ],
)
def test_text_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "token = get_token()",
        'api_key = os.environ["API_KEY"]',
        "max_tokens = 256",
        'tokenizer = "bert-base"',
        'if password == "": raise ValueError("no password")',
        "https://example.org:8080/path@2",
        'print(f"{a:.3f}", sep="")',
        "risk-adjusted returns of task-1234567890123456789",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert mask_text(text) == text


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "a=", "'", "://a:", "eyJ", "-----BEGIN PRIVATE KEY-----", "--a "],
)
def test_masking_is_linear_in_the_text(piece: str) -> None:
    text = piece * (64_000 // len(piece))
    start = time.perf_counter()
    mask_text(text)
    assert time.perf_counter() - start < 1
