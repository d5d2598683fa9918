"""All rules of the spoken form in the order in which they are applied."""

from __future__ import annotations

from typing import Final

from speech.text.spoken import (
    abbreviations,
    addresses,
    arithmetic,
    codes,
    counting,
    dates,
    initials,
    money,
    phones,
    roman,
    symbols,
    times,
    units,
)
from speech.text.spoken.rule import Rule

STEPS: Final[tuple[tuple[bool, tuple[Rule, ...]], ...]] = (
    (False, addresses.RULES),
    (True, codes.FIRST_RULES),
    (True, dates.RULES),
    (True, arithmetic.FIRST_RULES),
    (True, addresses.NUMBER_RULES),
    (True, times.RULES),
    (False, times.BARE_RULES),
    (True, money.RULES),
    (True, phones.RULES),
    (False, abbreviations.RULES),
    (False, initials.RULES),
    (True, units.RULES),
    (False, counting.RULES),
    (False, roman.RULES),
    (False, arithmetic.RULES),
    (True, codes.RULES),
    (True, counting.LAST_RULES),
    (False, counting.SIGN_RULES),
    (False, symbols.RULES),
)
"""Rules in the order in which they are applied, each seeing what the ones before it left; a step marked True can
be left out where the text has no digit."""

RULES: Final[tuple[Rule, ...]] = tuple(rule for _, rules in STEPS for rule in rules)
