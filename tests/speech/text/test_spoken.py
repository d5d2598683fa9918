"""Written and spoken form side by side, and what holds for every text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.text.spoken import spoken_form
from speech.text.spoken.order import RULES
from tests.support.timing import seconds

AMERICAN = [
    ("It cost $5.", "It cost five dollars."),
    ("Pay $1,250.50 now", "Pay one thousand two hundred fifty dollars and fifty cents now"),
    ("It is $3.5 million or €1.2m.", "It is three point five million dollars or one point two million euros."),
    ("$1 $1.00 $1.01 $0.10", "one dollar one dollar one dollar and one cent ten cents"),
    ("We met on 3/4/2024.", "We met on March fourth, twenty twenty-four."),
    ("Due 12/05/2023; RSVP by Nov. 30.", "Due December fifth, twenty twenty-three; RSVP by November thirtieth."),
    ("on the 2nd of May, 1987", "on the second of May, nineteen eighty-seven"),
    ("from May 4 to June 10", "from May fourth to June tenth"),
    ("July 20, 1969, at 20:17", "July twentieth, nineteen sixty-nine, at twenty seventeen"),
    ("2024-03-14T10:30", "March fourteenth, twenty twenty-four at ten thirty"),
    ("Then, at 7:45 p.m. we ate.", "Then, at seven forty-five P M we ate."),
    ("He left at 7:45 p.m. Then we ate.", "He left at seven forty-five P M. Then we ate."),
    ("at 9 a.m. Monday", "at nine A M Monday"),
    ("6 PM EST", "six P M EST"),
    ("I am 10 years old", "I am ten years old"),
    ("from 6:30 to 23:00", "from six thirty to twenty-three hundred"),
    ("00:00, 12:00, 7:05", "midnight, twelve o'clock, seven oh five"),
    ("10.30pm", "ten thirty P M"),
    ("John 3:16", "John three sixteen"),
    ("a 16:9 screen", "a sixteen to nine screen"),
    ("Call (555) 123-4567 now", "Call five five five, one two three, four five six seven now"),
    ("07700 900123", "zero seven seven zero zero, nine zero zero one two three"),
    ("It is 72°F (22°C).", "It is seventy-two degrees Fahrenheit (twenty-two degrees Celsius)."),
    ("-40° and +5°C", "minus forty degrees and plus five degrees Celsius"),
    ("He's 6'2\" and 180 lbs.", "He's six foot two and one hundred eighty pounds."),
    ("5′ 11″ tall", "five foot eleven tall"),
    ('She said "I am 12" and left.', 'She said "I am twelve" and left.'),
    ('a 12" pizza', "a twelve inch pizza"),
    ("6 ft. 2 in. high", "six feet two inches high"),
    ("It weighs 5 kg. It is big.", "It weighs five kilograms. It is big."),
    ("the 4x100m relay", "the four by one hundred meters relay"),
    ("a 5-kg bag", "a five kilogram bag"),
    ("100 Mbps at 2.4GHz", "one hundred megabits per second at two point four gigahertz"),
    ("3.5MB, 60fps, 12ms", "three point five megabytes, sixty frames per second, twelve milliseconds"),
    ("25-30 min", "twenty-five to thirty minutes"),
    ("1 oz., 5 lbs., 3 in.", "one ounce, five pounds, three inches."),
    ("1/2 cup and ½ lb butter", "one half cup and one half of a pound butter"),
    ("2¼ cups, 2 1/2 pizzas", "two and a quarter cups, two and a half pizzas"),
    ("scored 85/100", "scored eighty-five out of one hundred"),
    ("50% of 10-15%", "fifty percent of ten to fifteen percent"),
    ("±5%", "plus or minus five percent"),
    ("need ≥8 GB of RAM", "need at least eight gigabytes of RAM"),
    ("~20°C.", "about twenty degrees Celsius."),
    ("In 2005, 1500 people came.", "In two thousand five, one thousand five hundred people came."),
    ("In 1066 and 1905", "In ten sixty-six and nineteen oh five"),
    ("in 800 AD", "in eight hundred AD"),
    ("over 2000 of them", "over two thousand of them"),
    ("Flight 1549", "Flight fifteen forty-nine"),
    ("The '90s, the 1860's, mid-20s", "The nineties, the eighteen sixties, mid-twenties"),
    ("1980s/90s", "nineteen eighties slash nineties"),
    ("pages 10-20, chapters 1–3", "pages ten to twenty, chapters one to three"),
    ("1990-2000", "nineteen ninety to two thousand"),
    ("It ended 3-2.", "It ended three to two."),
    ("10-20-30", "ten-twenty-thirty"),
    ("a 50-50 chance", "a fifty fifty chance"),
    ("open 24/7 since 9/11", "open twenty-four seven since nine eleven"),
    ("3,4,5 and 1,2", "three, four, five and one, two"),
    ("0.5 and .5 and 10.50", "zero point five and point five and ten point five zero"),
    ("100,000 1000000", "one hundred thousand one million"),
    ("3 million, 2.5 billion", "three million, two point five billion"),
    ("-5 and −7", "minus five and minus seven"),
    ("5 - 3 = 2, 2+2=4", "five minus three equals two, two plus two equals four"),
    ("E=mc²", "E equals mc squared"),
    ("10⁶ and 10^-3", "ten to the power of six and ten to the power of minus three"),
    ("4.5×10⁹ years", "four point five times ten to the power of nine years"),
    ("5 < 6 and 7 > 3", "five is less than six and seven is greater than three"),
    ("20,000+ people", "twenty thousand plus people"),
    ("the 21st, 22nd, 100th", "the twenty-first, twenty-second, one hundredth"),
    ("1st-class, 2nd-gen", "first-class, second-gen"),
    ("Dr. Smith lives on Elm Dr. near us", "Doctor Smith lives on Elm Drive near us"),
    ("St. Mary's on 5th St. and 12 Oak Ave.", "Saint Mary's on fifth Street and twelve Oak Avenue."),
    ("Mr. J. Smith, Jr., Ph.D.", "Mister J Smith, Junior, P H D."),
    ("Lt. Col. Jones and Gov. Brown", "Lieutenant Colonel Jones and Governor Brown"),
    ("Mt. Everest", "Mount Everest"),
    ("St Pancras, Prof Xavier", "Saint Pancras, Professor Xavier"),
    ("Acme Inc. and Foo Ltd.", "Acme Incorporated and Foo Limited."),
    ("etc. And more vs. less.", "et cetera. And more versus less."),
    ("No. 5, no. 6. No. I said no.", "Number five, number six. No. I said no."),
    ("Ch. 5, Vol. 2, Sec. 2.1", "Chapter five, Volume two, Section two point one"),
    ("Mon. at 3 p.m. On Sun. we rest.", "Monday at three P M. On Sunday we rest."),
    ("The Sun. In the sun.", "The Sun. In the sun."),
    ("Washington, D.C. is hot.", "Washington, D C is hot."),
    ("J. K. Rowling met J.R.R. Tolkien", "J K Rowling met J R R Tolkien"),
    ("We need plan B. Next step.", "We need plan B. Next step."),
    ("King Henry VIII met Elizabeth II's aunt", "King Henry the Eighth met Elizabeth the Second's aunt"),
    ("Pope John Paul II", "Pope John Paul the Second"),
    ("World War I began. Chapter I.", "World War one began. Chapter one."),
    ("Henry I think you are wrong", "Henry I think you are wrong"),
    ("the part I like, the book I read", "the part I like, the book I read"),
    ("Type II; Act III; Super Bowl LVIII", "Type two; Act three; Super Bowl fifty-eight"),
    ("Vitamin C; CIVIL; Malcolm X", "Vitamin C; CIVIL; Malcolm X"),
    ("Rocky II and Louis XIV's", "Rocky two and Louis the Fourteenth's"),
    ("221B Baker St., London", "two twenty-one B Baker Street, London"),
    ("COVID-19, CO2, B2B, 3D, 5G", "COVID nineteen, CO two, B two B, three D, five G"),
    ("UTF-8, GPT-4, F-22, MP3", "UTF eight, GPT four, F twenty-two, MP three"),
    ("Vitamin B12 on A4", "Vitamin B twelve on A-four"),
    ("iPhone 15 and macOS 13.4.1", "iPhone fifteen and macOS thirteen point four point one"),
    ("3-year-old twins, a 5-year plan", "three-year-old twins, a five-year plan"),
    ("3-in-1, 20-something", "three-in-one, twenty-something"),
    ("agent 007 in Room 404", "agent zero zero seven in Room four oh four"),
    ("Python 3.11 and v2.0-beta", "Python three point one one and version two point zero beta"),
    ("10.0.0.1:8080", "one zero dot zero dot zero dot one colon eight zero eight zero"),
    ("Visit www.example.com/a?id=5.", "Visit W W W dot example dot com slash a question mark I D equals five."),
    ("info@my-site.co.uk", "info at my dash site dot co dot U K"),
    ("@john_doe and #1", "at john underscore doe and number one"),
    ("C++, C#, R&D, AT&T", "C plus plus, C sharp, R and D, AT and T"),
    ("and/or, w/o, TCP/IP", "and or, without, TCP slash IP"),
    ("in the US and THE US ARMY", "in the U S and THE US ARMY"),
    ("ask IT. the IT department", "ask IT. the I T department"),
    ("α and β", "alpha and beta"),
    ("٣٤ and １２", "thirty-four and twelve"),
    ("H₂SO₄", "H two SO four"),
]
BRITISH = [
    ("3/4/2024", "the third of April, twenty twenty-four"),
    ("25/12/1999", "the twenty-fifth of December, nineteen ninety-nine"),
    ("12/25/1999", "the twenty-fifth of December, nineteen ninety-nine"),
    ("1,105 people", "one thousand one hundred and five people"),
    ("1,000,005", "one million and five"),
    ("5 km in 2 l", "five kilometres in two litres"),
    ("20p and £2.50", "twenty pence and two pounds and fifty pence"),
]
UNITS = ["1", "1,", "1.", "1-", "1/", "1:", "1 ", "a-", "a.", "@a", "$1", "(1", '1"', "I", "Dr. ", "A St ", "½", " "]
UNITS += ["7 p.m. ", "Dr. Smith paid $3.50 at 7:45 p.m. on 3/4/2024 for 5kg. "]
NUMERIC = st.text("0123456789.,:/-–$£€%°+=x×'\" ½²①kgmpast()#@&IVXDrSt\n", max_size=25)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PLAIN_WORDS = [
    "the",
    "cat",
    "sat",
    "and",
    "then",
    "saw",
    "Anna",
    "while",
    "it",
    "rained",
    "outside",
    "why",
    "yes",
    "no",
]
WORDS = st.lists(st.sampled_from(PLAIN_WORDS), max_size=20)


@pytest.mark.parametrize(("written", "spoken"), AMERICAN)
def test_american(written: str, spoken: str) -> None:
    assert spoken_form(written, "en-US") == spoken


@pytest.mark.parametrize(("written", "spoken"), BRITISH)
def test_british(written: str, spoken: str) -> None:
    assert spoken_form(written, "en-GB") == spoken


@pytest.mark.parametrize(
    ("written", "spoken", "language"),
    [
        pytest.param(written, spoken, language, id=f"{rule.name}: {written}")
        for rule in RULES
        for language, examples in (("en-US", rule.examples), ("en-GB", rule.british))
        for written, spoken in examples
    ],
)
def test_every_rules_own_examples(written: str, spoken: str, language: str) -> None:
    assert spoken_form(written, language) == spoken


def test_numbers_beyond_all_names_are_spelled() -> None:
    assert spoken_form("1" * 40) == " ".join(["one"] * 40)


@pytest.mark.parametrize("language", ["de-DE", "zh", "fr", ""])
def test_other_languages_come_back_unchanged(language: str) -> None:
    assert spoken_form("Am 3.4. um 10:30 $5", language) == "Am 3.4. um 10:30 $5"


@pytest.mark.parametrize(
    "text",
    [
        "It was a bright cold day in April, and the clocks were striking.",
        "“Don’t,” she said — softly — ‘please’; well: maybe… (or not)!",
        "Mother-in-law, state-of-the-art, o'clock, rock 'n' roll.",
        "I am. You may march on in August; the sun sat high.",
        "NASA and the FBI use GPUs.",
        "Emoji 😀 and 中文 stay.",
        "A\n\nB  two  spaces",
    ],
)
def test_plain_text_is_not_touched(text: str) -> None:
    assert spoken_form(text) == text


@settings(max_examples=500)
@given(NUMERIC | ANY_TEXT, st.sampled_from(["en-US", "en-GB"]))
def test_no_digit_is_left(text: str, language: str) -> None:
    assert not any(character.isdigit() for character in spoken_form(text, language))


@given(
    WORDS, st.lists(st.integers(0, 10**7).map(str) | st.sampled_from(["7:45 p.m.", "$3.50", "5kg", "1/2"]), max_size=20)
)
def test_no_word_is_lost(words: list[str], numbers: list[str]) -> None:
    mixed = [item for pair in zip(words, numbers, strict=False) for item in pair]
    spoken = iter(re.findall(r"\w+", spoken_form(" ".join(mixed))))
    assert all(word in spoken for word in words[: len(numbers)])


@given(st.integers(0, 10**12))
def test_cardinals_can_be_read_back(number: int) -> None:
    assert number_of(spoken_form(f"{number:,}")) == number
    assert number_of(spoken_form(f"{number:,}", "en-GB")) == number


def number_of(words: str) -> int:
    small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    values = {word: value for value, word in enumerate([*small.split(), "seventeen", "eighteen", "nineteen"])}
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    values |= {word: 10 * i for i, word in enumerate(tens, 2)}
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    total = group = 0
    for word in words.replace("-", " ").split():
        if word in scales:
            total, group = total + group * scales[word], 0
        elif word == "hundred":
            group *= 100
        elif word != "and":
            group += values[word]
    return total + group


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_in_proportion_to_the_text(unit: str) -> None:
    short, long = (unit * (characters // len(unit)) for characters in (8_000, 40_000))
    assert seconds(lambda: spoken_form(long)) < 12 * max(seconds(lambda: spoken_form(short)), 0.02)
