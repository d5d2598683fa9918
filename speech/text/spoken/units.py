"""Quantities with a unit of measure."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.amounts import AMOUNT, DASH, is_adjective, is_bare_fraction, is_one, speak_amount
from speech.text.spoken.numbers import NO_DIGIT_BEFORE, cardinal, decimal
from speech.text.spoken.rule import Rule

_PLAIN: Final = {
    "km": "kilometer",
    "cm": "centimeter",
    "mm": "millimeter",
    "µm": "micrometer",
    "nm": "nanometer",
    "m": "meter",
    "mi": "mile",
    "yd": "yard",
    "yds": "yard",
    "ft": "foot",
    "in": "inch",
    "kg": "kilogram",
    "mg": "milligram",
    "µg": "microgram",
    "mcg": "microgram",
    "g": "gram",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "ml": "milliliter",
    "mL": "milliliter",
    "cl": "centiliter",
    "dl": "deciliter",
    "L": "liter",
    "l": "liter",
    "gal": "gallon",
    "qt": "quart",
    "pt": "pint",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "ha": "hectare",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "min": "minute",
    "mins": "minute",
    "s": "second",
    "sec": "second",
    "secs": "second",
    "ms": "millisecond",
    "µs": "microsecond",
    "ns": "nanosecond",
    "GHz": "gigahertz",
    "MHz": "megahertz",
    "kHz": "kilohertz",
    "Hz": "hertz",
    "GW": "gigawatt",
    "MW": "megawatt",
    "kW": "kilowatt",
    "W": "watt",
    "kWh": "kilowatt hour",
    "MWh": "megawatt hour",
    "Wh": "watt hour",
    "kV": "kilovolt",
    "mV": "millivolt",
    "V": "volt",
    "mA": "milliamp",
    "mAh": "milliamp hour",
    "Ah": "amp hour",
    "kJ": "kilojoule",
    "kcal": "kilocalorie",
    "cal": "calorie",
    "kPa": "kilopascal",
    "hPa": "hectopascal",
    "MPa": "megapascal",
    "Pa": "pascal",
    "Nm": "newton meter",
    "KB": "kilobyte",
    "kB": "kilobyte",
    "MB": "megabyte",
    "GB": "gigabyte",
    "TB": "terabyte",
    "PB": "petabyte",
    "KiB": "kibibyte",
    "MiB": "mebibyte",
    "GiB": "gibibyte",
    "TiB": "tebibyte",
    "kbit": "kilobit",
    "Mbit": "megabit",
    "Gbit": "gigabit",
    "dB": "decibel",
    "px": "pixel",
    "yr": "year",
    "yrs": "year",
    "wk": "week",
    "wks": "week",
    "mol": "mole",
    "Ω": "ohm",
    "kΩ": "kilohm",
}
_FIXED: Final = {
    "%": "percent",
    "‰": "per mille",
    "°C": "degrees Celsius",
    "℃": "degrees Celsius",
    "°F": "degrees Fahrenheit",
    "℉": "degrees Fahrenheit",
    "°": "degrees",
    "mph": "miles per hour",
    "kph": "kilometers per hour",
    "kmh": "kilometers per hour",
    "kbps": "kilobits per second",
    "Mbps": "megabits per second",
    "Gbps": "gigabits per second",
    "fps": "frames per second",
    "rpm": "R P M",
    "bpm": "B P M",
    "ppm": "parts per million",
    "psi": "P S I",
    "hp": "horsepower",
    "dpi": "dots per inch",
    "dBm": "decibel milliwatts",
}
_PLURALS: Final = {"foot": "feet", "inch": "inches"}
_POWERS: Final = {"²": "square", "^2": "square", "2": "square", "³": "cubic", "^3": "cubic", "3": "cubic"}
_ONLY_ATTACHED: Final = frozenset(("in", "h", "V", "W", "pt"))
"""Units whose sign is also a word or initial: only read as one when it touches the number."""

_NAMES: Final = "|".join(sorted(map(re.escape, _PLAIN), key=len, reverse=True))
_FIXED_NAMES: Final = "|".join(sorted(map(re.escape, _FIXED), key=len, reverse=True))
_SIGN: Final = r"(?:(?<![\w)\]])([-−]))?"

_QUANTITY: Final = re.compile(
    rf"{NO_DIGIT_BEFORE}{_SIGN}(?<![A-Za-z])({AMOUNT})(?:{DASH}({AMOUNT}))?"
    rf"(?:([ -]?)(sq\.? |cu\.? |square |cubic )?({_NAMES})(²|³|\^2|\^3|(?<=m)[23])?"
    rf"(?:/(h|hr|s|sec|min|day|{_NAMES})([²³]|\^2)?)?|( ?)({_FIXED_NAMES}))(?![\w/]|['’](?!s\b))(\.?)"
)
_GOES_ON: Final = re.compile(r"[,;:]|\s+[a-z0-9(]")
"""After the dot of an abbreviated unit in the middle of a sentence."""

_HEIGHT: Final = re.compile(r"(?<![\w.,])(\d{1,2}) ?['’′] ?(\d{1,2}(?:\.\d)?)(?:\"|″|”|''|(?!['’\w]))")
_INCHES: Final = re.compile(rf"{NO_DIGIT_BEFORE}(?<!\w)({AMOUNT}) ?[\"″](?![\w\"])")
_FEET: Final = re.compile(rf"{NO_DIGIT_BEFORE}(?<!\w)({AMOUNT})′")


def _spelling(name: str, british: bool) -> str:
    return name.replace("meter", "metre").replace("liter", "litre") if british else name


def _plural(name: str) -> str:
    if name.endswith("hertz"):
        return name
    return _PLURALS.get(name) or name + "s"


def _per(unit: str | None, power: str | None, british: bool) -> str:
    if not unit:
        return ""
    name = _spelling(_PLAIN.get(unit, unit), british)
    return f" per {name}" + (" squared" if power in ("²", "^2") else " cubed" if power else "")


def _quantity(match: re.Match[str], british: bool) -> str | None:
    minus, first, second, gap, area, unit, power, per, per_power, _, fixed, dot = match.groups()
    if unit in _ONLY_ATTACHED and gap and not (unit == "in" and dot):
        return None
    amount = speak_amount(first, british)
    if second:
        amount += f" to {speak_amount(second, british)}"
    last = second or first
    if fixed:
        name = _FIXED[fixed]
        if name.startswith("degrees") and is_one(last):
            name = name.replace("degrees", "degree")
        words = f"{amount} {_spelling(name, british)}"
    else:
        words = _with_unit(amount, last, unit, _power(area, power), gap == "-" or is_adjective(match), british)
        words += _per(per, per_power, british)
    stop = "." if dot and (fixed or not _GOES_ON.match(match.string, match.end())) else ""
    return ("minus " if minus else "") + words + stop


def _power(area: str | None, power: str | None) -> str:
    if area:
        return "square " if area.startswith("sq") else "cubic "
    return f"{_POWERS[power]} " if power else ""


def _with_unit(amount: str, last: str, unit: str, power: str, adjective: bool, british: bool) -> str:
    name = _spelling(_PLAIN[unit], british)
    if is_bare_fraction(last):
        article = "an" if (power + name).startswith(("inch", "ounce", "hour")) else "a"
        return f"{amount} of {article} {power}{name}"
    if adjective or is_one(last):
        return f"{amount} {power}{name}"
    return f"{amount} {power}{_plural(name)}"


def _height(match: re.Match[str], british: bool) -> str:
    return f"{cardinal(match[1], british)} foot {decimal(match[2], british)}"


def _inches(match: re.Match[str], british: bool) -> str | None:
    before = match.string[max(0, match.start() - 200) : match.start()]
    if before.count('"') % 2:
        return None
    singular = is_one(match[1]) or is_bare_fraction(match[1]) or is_adjective(match)
    name = "inch" if singular else "inches"
    joint = " of an " if is_bare_fraction(match[1]) else " "
    return speak_amount(match[1], british) + joint + name


def _feet(match: re.Match[str], british: bool) -> str:
    return f"{speak_amount(match[1], british)} {'foot' if is_one(match[1]) else 'feet'}"


RULES: Final = (
    Rule("feet and inches", _HEIGHT, _height, (("6'2\"", "six foot two"),)),
    Rule(
        "unit",
        _QUANTITY,
        _quantity,
        (
            ("5kg", "five kilograms"),
            ("10 km/h", "ten kilometers per hour"),
            ("72°F", "seventy-two degrees Fahrenheit"),
            ("-5°C", "minus five degrees Celsius"),
            ("3.5 GB", "three point five gigabytes"),
            ("5 ft", "five feet"),
            ("1 lb", "one pound"),
            ("3/4 mi", "three quarters of a mile"),
            ("3 1/2 oz", "three and a half ounces"),
            ("20 m²", "twenty square meters"),
            ("9.8 m/s²", "nine point eight meters per second squared"),
            ("50%", "fifty percent"),
            ("5-10%", "five to ten percent"),
            ("a 10-km run", "a ten kilometer run"),
            ("a 5 kg bag", "a five kilogram bag"),
            ("60 mph", "sixty miles per hour"),
        ),
        (("10 km", "ten kilometres"),),
    ),
    Rule("inches", _INCHES, _inches, (('a 12" ruler', "a twelve inch ruler"),)),
    Rule("feet", _FEET, _feet, (("30′", "thirty feet"),)),
)
