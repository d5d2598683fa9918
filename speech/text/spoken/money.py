"""Sums of money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from speech.text.spoken.amounts import DASH, is_adjective, is_one
from speech.text.spoken.numbers import NO_DIGIT_BEFORE, NUMBER, cardinal, decimal
from speech.text.spoken.rule import Rule


@dataclass(frozen=True)
class _Currency:
    one: str
    many: str
    hundredth: str = ""
    hundredths: str = ""


_DOLLAR: Final = ("dollar", "dollars", "cent", "cents")
_CURRENCIES: Final = {
    "$": _Currency(*_DOLLAR),
    "US$": _Currency("U S dollar", "U S dollars", "cent", "cents"),
    "A$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "AU$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CA$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "NZ$": _Currency("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": _Currency("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "S$": _Currency("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "R$": _Currency("real", "reais", "centavo", "centavos"),
    "£": _Currency("pound", "pounds", "penny", "pence"),
    "€": _Currency("euro", "euros", "cent", "cents"),
    "¥": _Currency("yen", "yen"),
    "₹": _Currency("rupee", "rupees", "paisa", "paise"),
    "₩": _Currency("won", "won"),
    "₽": _Currency("ruble", "rubles", "kopek", "kopeks"),
    "₺": _Currency("lira", "liras", "kurus", "kurus"),
    "₪": _Currency("shekel", "shekels", "agora", "agorot"),
    "₴": _Currency("hryvnia", "hryvnias", "kopek", "kopeks"),
    "₦": _Currency("naira", "naira", "kobo", "kobo"),
    "฿": _Currency("baht", "baht"),
    "₫": _Currency("dong", "dong"),
    "₿": _Currency("bitcoin", "bitcoins"),
}
_CODES: Final = {
    "USD": "US$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "C$",
    "AUD": "A$",
    "NZD": "NZ$",
    "INR": "₹",
    "CHF": "CHF",
    "CNY": "CNY",
    "BTC": "₿",
}
_BY_CODE: Final = {
    "CHF": _Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": _Currency("yuan", "yuan"),
}
_SCALES: Final = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
_PER: Final = {
    "hr": "hour",
    "wk": "week",
    "mo": "month",
    "yr": "year",
    "min": "minute",
    "lb": "pound",
    "kg": "kilogram",
    "oz": "ounce",
    "l": "liter",
    "m": "meter",
    "kWh": "kilowatt hour",
}

_SYMBOL: Final = r"(?<!\d)(?:(?<![A-Za-z])(?:US|AU|CA|NZ|HK|A|C|S|R))?\$|(?<!\d)[£€¥₹₩₽₺₪₴₦฿₫₿]"
_SCALE: Final = r"(?: (thousand|million|billion|trillion)\b|(k|K|mn?|M|bn?|B|tn?|T)(?![A-Za-z]))?"
_RATE: Final = r"(?:/([A-Za-z]{1,9})\b)?"


def _currency(symbol: str) -> _Currency:
    symbol = _CODES.get(symbol, symbol)
    return _BY_CODE.get(symbol) or _CURRENCIES[symbol]


def _sum(amount: str, scale: str, currency: _Currency, singular: bool, british: bool) -> str:
    if re.fullmatch(r"\d+,\d\d", amount):
        amount = amount.replace(",", ".")
    whole, _, cents = amount.replace(",", "").partition(".")
    unit = currency.one if singular else currency.many
    if scale:
        return f"{decimal(amount, british)} {scale} {unit}"
    if len(cents) == 2 and currency.hundredth:
        return _with_cents(whole, cents, currency, unit, british)
    if is_one(amount):
        unit = currency.one
    return f"{decimal(amount, british)} {unit}"


def _with_cents(whole: str, cents: str, currency: _Currency, unit: str, british: bool) -> str:
    small = cardinal(str(int(cents)), british)
    small += f" {currency.hundredth if int(cents) == 1 else currency.hundredths}"
    if whole.strip("0") == "" and int(cents):
        return small
    large = f"{cardinal(whole or '0', british)} {currency.one if whole == '1' else unit}"
    return f"{large} and {small}" if int(cents) else large


def _scale(word: str | None, letter: str | None) -> str:
    return word or (_SCALES[letter.lower()] if letter else "")


def _rate(unit: str | None) -> str:
    return f" per {_PER.get(unit, unit)}" if unit else ""


def _symbol_first(match: re.Match[str], british: bool) -> str:
    minus, symbol, first, second, word, letter, rate = match.groups()
    scale = _scale(word, letter)
    words = _sum(second or first, scale, _currency(symbol), is_adjective(match), british)
    if second:
        words = f"{decimal(first, british)} to {words}"
    return ("minus " if minus else "") + words + _rate(rate)


def _symbol_last(match: re.Match[str], british: bool) -> str:
    amount, word, letter, symbol = match.groups()
    if symbol == "¢":
        return f"{decimal(amount, british)} cent{'' if is_one(amount) else 's'}"
    return _sum(amount, _scale(word, letter), _currency(symbol), False, british)


def _code_first(match: re.Match[str], british: bool) -> str:
    code, amount, word, letter = match.groups()
    return _sum(amount, _scale(word, letter), _currency(code), False, british)


def _pence(match: re.Match[str], british: bool) -> str | None:
    return f"{cardinal(match[1], british)} pence" if british else None


_NOT_MINUS_BEFORE: Final = r"(?<![\w)\]])"

RULES: Final = (
    Rule(
        "money",
        re.compile(
            rf"(?:{_NOT_MINUS_BEFORE}([-−]))?({_SYMBOL}) ?(\d+,\d\d(?![\d,])|{NUMBER})"
            rf"(?:{DASH}(?:{_SYMBOL})?({NUMBER}))?{_SCALE}{_RATE}"
        ),
        _symbol_first,
        (
            ("$1,250.50", "one thousand two hundred fifty dollars and fifty cents"),
            ("£3", "three pounds"),
            ("€2.50", "two euros and fifty cents"),
            ("$3.5 million", "three point five million dollars"),
            ("¥100", "one hundred yen"),
            ("$0.99", "ninety-nine cents"),
            ("-$5", "minus five dollars"),
            ("$5-10", "five to ten dollars"),
            ("£2bn", "two billion pounds"),
            ("a $20 bill", "a twenty dollar bill"),
            ("$15/hr", "fifteen dollars per hour"),
        ),
        (("£1,205", "one thousand two hundred and five pounds"),),
    ),
    Rule(
        "money with the symbol behind",
        re.compile(NO_DIGIT_BEFORE + rf"(?<!\w)(\d+,\d\d(?= ?€)|{NUMBER}){_SCALE} ?([€£¥₹¢$])(?!\w)"),
        _symbol_last,
        (("5¢", "five cents"), ("5$", "five dollars"), ("2,50 €", "two euros and fifty cents")),
    ),
    Rule(
        "currency code",
        re.compile(rf"\b({'|'.join(_CODES)}) ?({NUMBER}){_SCALE}(?!\w)"),
        _code_first,
        (("USD 5", "five U S dollars"),),
    ),
    Rule(
        "currency code behind",
        re.compile(NO_DIGIT_BEFORE + rf"(?<!\w)({NUMBER}){_SCALE} ?({'|'.join(_CODES)})\b"),
        _symbol_last,
        (("250 EUR", "two hundred fifty euros"),),
    ),
    Rule("pence", re.compile(r"(?<![\w.,])(\d{1,2})p\b"), _pence, (), (("50p", "fifty pence"),)),
)
