"""Card numbers are found wherever they hide, never stored, and not seen where there are none."""

import json
from typing import Any

import pytest

from ledgersafe.values import card_numbers
from tests.conftest import Shop
from tests.scenes.till import assert_answer, assert_problem, bronze, raw

VISA = "4111111111111111"
CARDS = [
    VISA, "4012888888881881", "4000000000000000006", "5555555555554444", "5105105105105100", "2223003122003222",
    "378282246310005", "371449635398431", "30569309025904", "38520000023237", "3530111333300000", "6011111111111117",
    "6011000990139424", "6445644564456445", "6200000000000005", "6759649826438453",
]  # fmt: skip


@pytest.mark.parametrize("number", CARDS)
def test_it_finds_numbers_of_every_network(number: str) -> None:
    assert card_numbers.contains_pan(f'{{"x":"{number}"}}')
    assert card_numbers.contains_pan(f'{{"x":{number}}}')


HIDING = [
    "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "3782-822463-10005", f"card {VISA} ok",
    f"({VISA})",
    f"PAN={VISA}", f"PAN:{VISA};", f";{VISA}=25121010000012345678?", f"%B{VISA}^DOE/JOHN^25121010000?", f"{VISA}.",
    f"{VISA}\n",
    f"receipt\n{VISA}", f"\t{VISA}", f"\r\n{VISA}", f'"{VISA}"', f"\\{VISA}", f"*{VISA}*", f"é{VISA}",
]  # fmt: skip


@pytest.mark.parametrize("text", HIDING)
def test_it_finds_numbers_as_people_and_readers_write_them(shop: Shop, text: str) -> None:
    answer = shop.send(shop.sale(metadata={"note": text}))
    body = assert_problem(answer, 422, "PAN_DETECTED")
    kept = bronze(shop, body["raw_id"])
    assert VISA.encode() not in kept.replace(b" ", b"").replace(b"-", b"")
    assert b"378282246310005" not in kept.replace(b" ", b"").replace(b"-", b"")


INNOCENT = [
    "4111111111111112", "1234567890123456", "0000000000000000", "411111111111111", "41111111111111111111111",
    "4006381333931",
    "f4111111-1111-4111-8111-111111111111", "2026-02-25T09:30:00Z", "4111 11111111 1111", "9780306406157",
    "20260225093000",
]  # fmt: skip


@pytest.mark.parametrize("text", INNOCENT)
def test_it_lets_other_long_numbers_pass(shop: Shop, text: str) -> None:
    assert_answer(shop.send(shop.sale(metadata={"note": text})), 201, "processed")


PLACES: list[tuple[str, bytes]] = [
    ("text", b'"4111111111111111"'),
    ("number", b"4111111111111111"),
    ("number with exponent", b"4.111111111111111e15"),
    ("number with decimals", b"4111111111111111.0"),
    ("key", b'{"4111111111111111":1}'),
    ("escaped digit", b'"\\u0034111111111111111"'),
    ("every digit escaped", b'"' + b"".join(b"\\u003%d" % int(digit) for digit in VISA) + b'"'),
    ("escaped separator", b'"4111\\u00201111\\u00201111\\u00201111"'),
    ("deep", b'[[[["4111111111111111"]]]]'),
]


@pytest.mark.parametrize("literal", [row[1] for row in PLACES], ids=[row[0] for row in PLACES])
def test_no_place_in_the_payload_hides_a_number(shop: Shop, literal: bytes) -> None:
    sent = json.dumps(shop.sale(metadata="@@")).encode().replace(b'"@@"', literal)
    raw_id = assert_problem(shop.send(sent), 422, "PAN_DETECTED")["raw_id"]
    kept = bronze(shop, raw_id)
    assert VISA.encode() not in kept
    assert b"4111" not in kept
    assert b"1111" in kept
    assert shop.number("events_processed") == 0
    assert shop.number("journals") == 0


UNREADABLE: list[tuple[str, bytes]] = [
    ("truncated", b'{"x":"4111111111111111"'),
    ("duplicate keys", b'{"x":"4111111111111111","x":1}'),
    ("duplicate keys, escaped", b'{"x":"\\u0034111111111111111","x":1}'),
    ("too deep, escaped", b'{"a":' * 40 + b'"\\u0034111111111111111"' + b"}" * 40),
    ("not UTF-8", b'{"x":"\xff 4111111111111111"}'),
    ("UTF-16", f'{{"x":"{VISA}"}}'.encode("utf-16")),
    ("form", b"card=4111111111111111"),
    ("no event id", b'{"x":"4111111111111111"}'),
]


@pytest.mark.parametrize("body", [row[1] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_an_unreadable_body_keeps_no_number_either(shop: Shop, body: bytes) -> None:
    answer = shop.send(body)
    raw_id = answer.json()["raw_id"]
    kept = bronze(shop, raw_id).replace(b"\x00", b"").replace(b"\\u0034", b"4")
    assert VISA.encode() not in kept
    assert_problem(answer, 422, "PAN_DETECTED")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_keeps_no_number(shop: Shop, content_type: str) -> None:
    body = b"card=4111111111111111"
    answer = shop.client.generic("POST", "/v1/events", body, content_type=content_type, **shop.auth)  # type: ignore[arg-type]
    assert VISA.encode() not in bronze(shop, answer.json()["raw_id"])


def test_a_masked_copy_a_mac_and_the_length_are_kept(shop: Shop) -> None:
    sent = raw(shop.sale(metadata={"note": f"{VISA} and 5555 5555 5555 4444"}))
    first, second = (assert_problem(shop.send(sent), 422)["raw_id"] for _ in range(2))
    other = assert_problem(shop.send(sent + b" "), 422)["raw_id"]
    rows: dict[int, tuple[Any, ...]] = {
        row[0]: row[1:]
        for row in shop.rows("SELECT id, redacted_mac, raw_length, raw_sha256 FROM events_raw WHERE tenant_id = %s")
    }
    assert rows[first] == rows[second]
    assert rows[first][0] != rows[other][0]
    assert (rows[first][1], rows[other][1]) == (len(sent), len(sent) + 1)
    assert rows[first][2] is None
    note = json.loads(bronze(shop, first))["metadata"]["note"]
    assert note == "************1111 and **** **** **** 4444"
    shown = shop.get(f"/v1/events/{first}").json()
    assert shown["redacted"] is True
    assert shown["event_id"] is None
    assert VISA not in str(shown)


@pytest.mark.parametrize("header", ["HTTP_USER_AGENT", "HTTP_IDEMPOTENCY_KEY", "HTTP_X_FORWARDED_FOR"])
def test_a_number_in_a_header_is_not_kept(shop: Shop, header: str) -> None:
    answer = shop.send(shop.sale(), **{header: VISA})
    shown = shop.get(f"/v1/events/{answer.json()['raw_id']}").json()
    assert VISA not in str(shown)


def test_masking_is_idempotent_and_leaves_the_rest() -> None:
    text = f"a {VISA} b 4111111111111112 c"
    assert card_numbers.mask(text) == "a ************1111 b 4111111111111112 c"
    assert card_numbers.mask(card_numbers.mask(text)) == card_numbers.mask(text)
