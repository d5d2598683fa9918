"""The learnt rule, its data file and the scale of scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.validation.rule import DEFAULT_THRESHOLD, Rule, Term, margin_of, parse, rules_for, score_of


def test_penalties_count_beyond_their_limit_up_to_the_most() -> None:
    rule = Rule(2.0, (Term("a", 1.0, None, 3.0, 2.0), Term("b", None, -1.0, 1.0, 10.0)))

    assert rule.judge({"a": 0.5, "b": 0.0}) == 2.0
    assert rule.judge({"a": 1.5, "b": 0.0}) == 0.5
    assert rule.judge({"a": 9.0, "b": 0.0}) == -4.0
    assert rule.judge({"a": 0.0, "b": -3.0}) == 0.0
    assert rule.judge({}) == 2.0


def test_the_limit_of_the_rule_is_the_default_threshold() -> None:
    assert score_of(0.0) == pytest.approx(DEFAULT_THRESHOLD)
    assert margin_of(DEFAULT_THRESHOLD) == pytest.approx(0.0)


@given(st.floats(-12, 12), st.floats(-12, 12))
def test_scores_order_takes_as_margins_do(one: float, other: float) -> None:
    assert 0 <= score_of(one) <= 1
    assert (score_of(one) <= score_of(other)) or one > other
    assert margin_of(score_of(one)) == pytest.approx(one, abs=1e-3)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_extreme_thresholds_have_margins(score: float) -> None:
    assert abs(margin_of(score)) > 15


@pytest.mark.parametrize(
    ("model", "language"), [("base", "en"), ("base", "en-GB"), ("tiny.en", "en"), ("large-v3", "de")]
)
def test_every_model_and_language_finds_a_rule(model: str, language: str) -> None:
    rules = rules_for(model, language)

    assert rules.forced.terms
    assert rules.heard is None or rules.heard.terms
    assert rules.forced.clear_fail <= rules.forced.clear_pass


def test_the_packaged_model_needs_no_transcript_in_english() -> None:
    assert rules_for("base", "en-GB").heard is None
    assert rules_for("base", "de").heard is not None


def test_the_shipped_rules_tell_a_clean_take_from_a_bad_one() -> None:
    clean = {"mean": -0.05, "second": -0.1, "last": -0.01, "word": 0.5, "gone": 0.2, "echo": -0.5, "pace": 0.0}
    bad = {"mean": -2.5, "second": -6.0, "word": 16.0, "gone": 16.0, "gone_both": 8.0, "echo": -0.5, "pace": 0.0}
    rule = rules_for("base", "en").forced

    assert rule.judge(clean) > rule.clear_pass
    assert rule.judge(bad) < 0


def test_rules_are_read_from_their_json_form() -> None:
    term = {"measure": "a", "above": 1.0, "weight": 2.0, "most": 3.0}
    rules = parse({"forced": {"margin": 1.0, "terms": [term]}, "heard": {"margin": 2.0, "terms": []}})

    assert rules.forced.judge({"a": 2.0}) == -1.0
    assert rules.heard is not None
    assert rules.heard.judge({}) == 2.0


def test_the_second_stage_may_be_missing() -> None:
    assert parse({"forced": {"margin": 1.0, "terms": []}}).heard is None
