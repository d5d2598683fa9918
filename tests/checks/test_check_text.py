"""Check 10: odd texts are planned in time or refused; `tests/api/test_text.py` draws others at random."""

import json
import random
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from config import Settings
from main_api import create_app
from tests.support.timing import seconds

pytestmark = pytest.mark.checks

LIMIT = 60_000
DRAW = random.Random(10)


def drawn(signs: str, *, longest: int = 12) -> str:
    """Words of random signs, so that no part of the text repeats another."""
    words: list[str] = []
    length = 0
    while length < LIMIT:
        words.append("".join(DRAW.choices(signs, k=DRAW.randint(1, longest))))
        length += len(words[-1]) + 1
    return " ".join(words)[:LIMIT]


ODD = {
    "at the limit": (drawn("abcdefghijklmnopqrstuvwxyz,."), 200),
    "beyond the limit": ("x" * (LIMIT + 1), 422),
    "a million combining marks": ("a" + "\u0301" * 10**6, 422),
    "as many combining marks as fit": ("a" + "\u0301" * (LIMIT - 1), 200),
    "no space": ("x" * 50_000, 200),
    "one mark": ("." * LIMIT, 422),
    "right to left": ("\u202e" + drawn("\u05e9\u05dc\u05d5\u05dd\u0645\u0631\u062d\u0628\u0627")[1:], 200),
    "NUL": ("Hello\0there." * (LIMIT // 12), 200),
    "a lone surrogate": ("Hello \ud800 there.", 422),
}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    changed = {"max_text_length": LIMIT, "max_body_bytes": 10_000_000}  # so that the text is looked at at all
    api = settings.api.model_copy(update=changed)
    with TestClient(create_app(settings.model_copy(update={"api": api}))) as client:
        yield client


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ODD)
def test_check_10_odd_texts_are_200_or_422_and_planned_within_a_second(client: TestClient, name: str) -> None:
    text, status = ODD[name]
    headers = {"Content-Type": "application/json"}

    def ask() -> None:
        reply = client.post("/api/v1/text/preview", content=json.dumps({"text": text}), headers=headers)
        assert reply.status_code == status, reply.text[:300]

    assert seconds(ask) < 1
