"""One fingerprint per value: no spelling changes it, every change of the value does, and what is inexact is refused."""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledgersafe.values.exact_json import (
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_NUMBER_CHARACTERS,
    Number,
    UnreadableBody,
    canonical_text,
    decimal_of,
    decode,
    fingerprint,
    parse_object,
)

VECTORS: list[dict[str, str]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/fingerprints.json").read_text("utf-8")
)
SHORT_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\", "/": "/"}

#: A busy machine is no counterexample.
unhurried = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
#: Exact numbers as (digits, exponent of the last digit), of either sign; short enough to stay within the limits.
numbers = st.builds(
    lambda whole, exponent: Decimal(whole).scaleb(exponent), st.integers(-(10**18), 10**18), st.integers(-30, 30)
)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=6)
keys = st.text(max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
documents = st.dictionaries(keys, values, max_size=5)


def printed(raw: str) -> str:
    """The fingerprint of a text as it arrives: bytes, decoded, parsed."""
    return fingerprint(canonical_text(parse_object(decode(raw.encode())))).hex()


def meaning(value: Any) -> Any:
    """What a value says, told apart by kind and compared exactly: the product's notion of equality, by other means."""
    if isinstance(value, dict):
        return "object", frozenset((key, meaning(member)) for key, member in value.items())
    if isinstance(value, list):
        return "list", tuple(meaning(element) for element in value)
    if isinstance(value, Decimal):
        return "number", Fraction(value)
    return type(value).__name__, value


class Speller:
    """Writes one value in one of its many spellings, as hypothesis draws them."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            members = self.draw(st.permutations(list(value.items())))
            inside = (f"{self.text(key)}{self.space()}:{self.value(member)}" for key, member in members)
            return self.padded("{" + f",{self.space()}".join(inside) + self.space() + "}")
        if isinstance(value, list):
            return self.padded("[" + ",".join(self.value(element) for element in value) + self.space() + "]")
        if isinstance(value, Decimal):
            return self.padded(self.number(value))
        return self.padded(self.text(value) if isinstance(value, str) else json.dumps(value))

    def padded(self, text: str) -> str:
        return self.space() + text + self.space()

    def space(self) -> str:
        spaces: str = self.draw(st.text(" \t\r\n", max_size=2))
        return spaces

    def text(self, text: str) -> str:
        return '"' + "".join(self.character(character) for character in text) + '"'

    def character(self, character: str) -> str:
        must = character < " " or character in '"\\'
        how = self.draw(st.sampled_from(["escape", "short"] if must else ["plain", "plain", "escape", "short"]))
        if how == "short" and character in SHORT_ESCAPES:
            return "\\" + SHORT_ESCAPES[character]
        if how == "plain":
            return character
        units = character.encode("utf-16-be")
        code = "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
        return code if self.draw(st.booleans()) else code.upper().replace("\\U", "\\u")

    def number(self, value: Decimal) -> str:
        sign, digit_tuple, exponent = value.as_tuple()
        zeros = self.draw(st.integers(0, 3))
        digits = "".join(map(str, digit_tuple)) + "0" * zeros
        point = self.draw(st.integers(0, len(digits)))
        power = int(exponent) - zeros + len(digits) - point
        whole, rest = digits[:point].lstrip("0") or "0", digits[point:]
        minus = "-" if sign or (not value and self.draw(st.booleans())) else ""
        tail = "" if not power and self.draw(st.booleans()) else self.power(power)
        return f"{minus}{whole}{'.' + rest if rest else ''}{tail}"

    def power(self, power: int) -> str:
        sign = "-" if power < 0 else self.draw(st.sampled_from(["", "+"]))
        return f"{self.draw(st.sampled_from('eE'))}{sign}{'0' * self.draw(st.integers(0, 2))}{abs(power)}"


@unhurried
@given(document=documents, data=st.data())
def test_no_spelling_of_a_value_changes_its_fingerprint(document: dict[str, Any], data: st.DataObject) -> None:
    one, other = (Speller(data.draw).value(document) for _ in range(2))
    assert printed(one) == printed(other)


@unhurried
@given(one=documents, other=documents, data=st.data())
def test_two_values_share_a_fingerprint_only_if_they_are_equal(
    one: dict[str, Any], other: dict[str, Any], data: st.DataObject
) -> None:
    same = printed(Speller(data.draw).value(one)) == printed(Speller(data.draw).value(other))
    assert same == (meaning(one) == meaning(other))


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key or index) of everything inside a value."""
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    inner = [place for _, member in members if isinstance(member, dict | list) for place in places(member)]
    return [(value, key) for key, _ in members] + inner


@unhurried
@given(document=documents, replacement=values, data=st.data())
def test_a_changed_value_anywhere_changes_the_fingerprint(
    document: dict[str, Any], replacement: Any, data: st.DataObject
) -> None:
    assume(document)
    before = printed(Speller(data.draw).value(document))
    container, key = data.draw(st.sampled_from(places(document)))
    assume(meaning(container[key]) != meaning(replacement))
    container[key] = replacement
    assert printed(Speller(data.draw).value(document)) != before


@unhurried
@given(document=documents, name=keys, added=values, data=st.data())
def test_an_added_or_removed_member_changes_the_fingerprint(
    document: dict[str, Any], name: str, added: Any, data: st.DataObject
) -> None:
    assume(name not in document)
    without = printed(Speller(data.draw).value(document))
    assert printed(Speller(data.draw).value(document | {name: added})) != without
    assert printed(Speller(data.draw).value(document | {name: None})) != without


@unhurried
@given(elements=st.lists(values, min_size=2, max_size=5), data=st.data())
def test_the_order_of_a_list_is_part_of_its_value(elements: list[Any], data: st.DataObject) -> None:
    other = data.draw(st.permutations(elements))
    assume(meaning(elements) != meaning(other))
    assert printed(Speller(data.draw).value({"a": elements})) != printed(Speller(data.draw).value({"a": other}))


@unhurried
@given(value=numbers, data=st.data())
def test_a_number_is_never_the_text_of_it(value: Decimal, data: st.DataObject) -> None:
    spelled = Speller(data.draw).number(value)
    assert printed(f'{{"a":{spelled}}}') != printed(f'{{"a":"{spelled}"}}')
    parsed = parse_object(f'{{"a":{spelled}}}')["a"]
    assert (decimal_of(parsed) if isinstance(parsed, Number) else parsed) == value


@unhurried
@given(document=documents, data=st.data())
def test_the_canonical_text_is_json_of_the_same_value_and_its_own_canon(
    document: dict[str, Any], data: st.DataObject
) -> None:
    canon = canonical_text(parse_object(Speller(data.draw).value(document)))
    read = json.loads(canon, parse_float=Decimal, parse_int=Decimal)
    assert meaning(read) == meaning(document)
    assert canonical_text(parse_object(canon)) == canon


SAME: list[tuple[str, str]] = [
    ("42.5", "42.50"), ("42.5", "4.25e1"), ("42.5", "425E-1"), ("1", "1.0"), ("1", "1e0"), ("1", "10e-1"),
    ("100", "1e2"), ("0", "-0"), ("0", "-0.0"), ("0", "0e10"), ("0", "0E-10"), ("-1.5", "-15e-1"),
    ("1e308", "1" + "0" * 2 + "e306"), ('"A"', '"\\u0041"'), ('"/"', '"\\/"'), ('"\\n"', '"\\u000A"'),
    ('"😀"', '"\\uD83D\\uDE00"'), ('{"a":1,"b":2}', '{ "b":2,\n"a":1 }'),
]  # fmt: skip
DIFFERENT: list[tuple[str, str]] = [
    ("42.5", '"42.5"'), ("42.5", "42.51"), ("42.5", "-42.5"), ("1", '"1"'), ("1", "true"), ("0", "false"), ("0", '""'),
    ("0", "null"), ("null", '"null"'), ("[]", "{}"), ("[]", "null"), ("[1,2]", "[2,1]"), ("[1]", "1"),
    ("[12]", "[1,2]"),
    ("0.1", "0.1000000000000000055511151231257827"), ("9007199254740993", "9007199254740992"), ('"a"', '" a"'),
    ('"a"', '"a "'), ('"a"', '"A"'), ('"é"', '"e\\u0301"'), ('"\\u0000"', '""'), ('"\\\\u0041"', '"A"'),
    ("{}", '{"a":null}'),
    ("1e-308", "0"), ('"42.50"', '"42.5"'), ('{"a":{"b":1}}', '{"a":1,"b":1}'), ('"\\ufeff"', '""'),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_are_the_same(one: str, other: str) -> None:
    assert printed(f'{{"x":{one}}}') == printed(f'{{"x":{other}}}')


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_are_different(one: str, other: str) -> None:
    assert printed(f'{{"x":{one}}}') != printed(f'{{"x":{other}}}')


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_every_vector_holds(vector: dict[str, str]) -> None:
    assert canonical_text(parse_object(decode(vector["raw"].encode()))) == vector["canonical"]
    assert printed(vector["raw"]) == printed(vector["canonical"]) == vector["sha256"]
    assert hashlib.sha256(vector["canonical"].encode()).hexdigest() == vector["sha256"]


def refusal(text: str) -> str | None:
    """The code a text is refused with, or None."""
    try:
        parse_object(text)
    except UnreadableBody as error:
        return error.code if error.message else "UNEXPLAINED"
    return None


IMITATIONS = [
    '{"a":"\\ud80042.5\\udfff"}', '{"a":"\\uD800"}', '{"a":"\\udfff"}', '{"a":"x\\ud800"}', '{"\\ud800a":1}',
    '{"a":{"b":["\\ud8001\\udfff"]}}', '{"a":"\\udfff\\ud800"}', '{"a":"\\ud800\\ud800\\udc00"}', '{"a":"\\uDBFFx"}',
    '{"a":"\\\\\\ud800"}', '{"a":"\ud80042.5\udfff"}', '{"\udfff":1}',
]  # fmt: skip


@pytest.mark.parametrize("text", IMITATIONS, ids=ascii)
def test_no_text_can_imitate_a_number(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")  # as a sender writes it who knows no better
    with pytest.raises(UnreadableBody) as refused:
        parse_object(decode(body))
    assert refused.value.code == "INVALID_ENCODING"


def test_a_real_pair_of_surrogates_around_a_number_is_just_text() -> None:
    (value,) = parse_object('{"a":"\\ud800\\udc0042.5\\ud800\\udfff"}').values()
    assert value == "\U0001000042.5\U000103ff"
    assert canonical_text({"a": value}) == f'{{"a":"{value}"}}'


@unhurried
@given(text=st.text(st.sampled_from('"\\42.5,:{}[]\ue000\uffff😀 '), max_size=20), number=numbers)
def test_text_beside_numbers_comes_out_as_it_went_in(text: str, number: Decimal) -> None:
    raw = json.dumps({"a": text, text: [text, "@"]}).replace('"@"', f"{number:f}")
    expected: dict[str, Any] = {"a": text} | {text: [text, number]}
    assert meaning(json.loads(canonical_text(parse_object(raw)), parse_float=Decimal, parse_int=Decimal)) == meaning(
        expected
    )


@pytest.mark.parametrize("kind", ["lists", "objects", "mixed"])
@pytest.mark.parametrize(("depth", "code"), [(1, None), (2, None), (MAX_DEPTH, None), (MAX_DEPTH + 1, "TOO_DEEP")])
def test_32_levels_are_good_and_33_are_not(kind: str, depth: int, code: str | None) -> None:
    inner = {"lists": ("[", "]"), "objects": ('{"a":', "}"), "mixed": ('[{"a":', "}]")}[kind]
    times, rest = divmod(depth - 1, 2) if kind == "mixed" else (depth - 1, 0)
    text = '{"a":' + inner[0] * times + "[" * rest + "1" + "]" * rest + inner[1] * times + "}"
    assert refusal(text) == code


def test_brackets_beside_each_other_or_in_text_are_not_deep() -> None:
    assert refusal('{"a":[' + ",".join(["[]"] * 100) + '],"b":"' + "[{" * 100 + '"}') is None


NUMBERS: list[tuple[str, str, str | None]] = [
    ("as many digits as may be", "9" * MAX_NUMBER_CHARACTERS, None),
    ("one digit more", "9" * (MAX_NUMBER_CHARACTERS + 1), "NUMBER_OUT_OF_RANGE"),
    ("the sign counts", "-" + "9" * MAX_NUMBER_CHARACTERS, "NUMBER_OUT_OF_RANGE"),
    ("as many decimals as may be", "0." + "9" * (MAX_NUMBER_CHARACTERS - 2), None),
    ("one decimal more", "0." + "9" * (MAX_NUMBER_CHARACTERS - 1), "NUMBER_OUT_OF_RANGE"),
    ("the largest exponent", f"9.9e{MAX_EXPONENT}", None),
    ("one larger", f"1e{MAX_EXPONENT + 1}", "NUMBER_OUT_OF_RANGE"),
    ("one larger by its digits", f"10e{MAX_EXPONENT}", "NUMBER_OUT_OF_RANGE"),
    ("the smallest exponent", f"1e-{MAX_EXPONENT}", None),
    ("one smaller", f"9.9e-{MAX_EXPONENT + 1}", "NUMBER_OUT_OF_RANGE"),
    ("beyond any decimal", "1e999999999999999999999999", "NUMBER_OUT_OF_RANGE"),
    ("below any decimal", "-1e-999999999999999999999999", "NUMBER_OUT_OF_RANGE"),
    ("no number", "NaN", "NUMBER_OUT_OF_RANGE"),
    ("infinite", "-Infinity", "NUMBER_OUT_OF_RANGE"),
]


@pytest.mark.parametrize(("literal", "code"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_a_number_has_limits_whatever_it_is_worth(literal: str, code: str | None) -> None:
    assert refusal(f'{{"a":[{literal}]}}') == code


@given(
    st.sampled_from(["", "-"]),
    st.text("0123456789", min_size=1, max_size=126).map(lambda digits: digits.lstrip("0") or "0"),
    st.text("0123456789", max_size=126),
    st.integers(-330, 330),
)
def test_whatever_was_read_is_readable_in_its_canonical_text(sign: str, whole: str, part: str, power: int) -> None:
    text = f'{{"a":{sign}{whole}{"." if part else ""}{part}{f"e{power}" if power else ""}}}'
    try:
        value = parse_object(text)
    except UnreadableBody:
        return
    written = canonical_text(value)
    assert parse_object(written) == value
    assert canonical_text(parse_object(written)) == written


@pytest.mark.parametrize("literal", ["1" + "0" * 128, "-1" + "0" * 200, "0." + "0" * 200 + "1"])
def test_a_client_sends_no_number_that_long_though_we_keep_it(literal: str) -> None:
    assert canonical_text(parse_object(f'{{"a":{literal}}}')) == f'{{"a":{literal}}}'
    with pytest.raises(UnreadableBody, match="more than 128 characters"):
        parse_object(f'{{"a":[{{"b":{literal}}}]}}', is_sent=True)
    for harmless in (f'{{"a":"{literal}"}}', f'{{"{literal}\\"":1}}', '{"a":1e200}'):
        assert parse_object(harmless, is_sent=True) == parse_object(harmless)


def test_equal_keys_are_refused_however_they_are_spelled_and_wherever_they_stand() -> None:
    for text in ('{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '{"x":[{"":1,"":2}]}', '{"x":{"é":1,"\\u00e9":1}}'):
        assert refusal(text) == "DUPLICATE_KEYS"
    assert refusal('{"a":{"a":1},"A":1,"a ":1,"e\\u0301":1,"\\u00e9":1}') is None
