"""The wire contract, field by field: what is read, what is wrong with it, where, and which reason code comes first."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledgersafe.values import exact_json
from ledgersafe.values.exact_json import UnreadableBody
from pos.contract import EVENT_TYPES, MAX_TEXT, TENDER_METHODS, Event, Hold, amount_at_risk, read_event, read_event_id
from pos.contract.fields import MAX_CODE, MAX_ELEMENTS

ENVELOPE: dict[str, Any] = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "s", "source_system": "pos", "event_id": "e",
    "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00Z", "txn_id": "x", "currency": "USD", "total_amount": 5,
}  # fmt: skip
#: One good element of each list; a test spoils one member of it.
ELEMENTS: dict[str, dict[str, Any]] = {
    "line_items": {"sku": "A", "qty": "1.5", "amount": 5},
    "tenders": {"method": "CASH", "amount": 5},
    "tax_lines": {"code": "VAT", "rate": "0.20", "amount": 1, "inclusive": True},
    "discounts": {"code": "D", "amount": 1},
    "tips": {"amount": 1},
    "service_charges": {"amount": 1},
}
LEFT_OUT = "<left out>"
NO_STRING: list[Any] = [7, 0, 1.5, True, False, [], ["a"], {}]
#: What no text field takes, whatever it is called.
NO_TEXT: list[Any] = [
    "", " ", "\t", "a\x00b", "a\nb", "\x7f", "\x85", "a\u200bb", "\u200d", "\ufeffa", "\u202ea", "\u2028", "\u00ad",
    "\u2066", "\U000e0041", *NO_STRING,
]  # fmt: skip


def read(changes: dict[str, Any], base_currency: str = "USD") -> Event | Hold:
    """The reading of the good envelope with changes, as from the wire."""
    payload = {name: value for name, value in (ENVELOPE | changes).items() if value != LEFT_OUT}
    return read_event(exact_json.parse_object(json.dumps(payload)), base_currency=base_currency)


def good(**changes: Any) -> Event:
    event = read(changes)
    assert isinstance(event, Event), event
    return event


def held(**changes: Any) -> Hold:
    reading = read(changes)
    assert isinstance(reading, Hold), reading
    assert reading.message
    return reading


def pointers(**changes: Any) -> list[str]:
    """Where a payload is wrong."""
    reading = held(**changes)
    assert reading.reason_code == "SCHEMA_VALIDATION_FAILED"
    assert all(error["message"] for error in reading.errors)
    return [error["pointer"] for error in reading.errors]


def element_error(name: str, element: Any) -> str:
    """The one error of a list whose second element is wrong, as `pointer message`."""
    reading = held(**{name: [ELEMENTS[name], element]})
    assert reading.reason_code == "SCHEMA_VALIDATION_FAILED"
    (error,) = reading.errors
    # The list and the index, and nothing of a neighbour.
    assert f"{error['pointer']}/".startswith(f"/{name}/1/")
    return f"{error['pointer']} {error['message']}"


def test_a_good_event_is_read_in_minor_units_and_utc() -> None:
    event = good(
        occurred_at="2026-02-25T10:30:00.25+01:00", business_date="2026-02-24", source_event_id="src", register_id="r",
        total_amount="42.50", reason="x", line_items=[{"sku": "A", "amount": 0.1}], tips=[{"amount": 2}],
        tenders=[{"type": "card", "amount": 42.5, "processor": "p"}], discounts=[{"code": "D", "amount": "0.05"}],
        tax_lines=[{"code": "V", "rate": 0.20, "amount": 1}], service_charges=[{"amount": 3}],
    )  # fmt: skip
    assert event.occurred_at == datetime(2026, 2, 25, 9, 30, 0, 250_000, tzinfo=UTC)
    assert event.occurred_at.utcoffset() == UTC.utcoffset(None)
    assert event.business_date == date(2026, 2, 24)
    assert (event.store_code, event.register_code, event.source_event_id) == ("s", "r", "src")
    assert (event.total_minor, event.discounts_minor, event.tips_minor) == (4250, (5,), (200,))
    assert event.service_charges_minor == (300,)
    assert (event.lines[0].amount_minor, event.lines[0].quantity) == (10, Decimal(1))
    assert (event.tenders[0].method, event.tenders[0].amount_minor, event.tenders[0].processor) == ("CARD", 4250, "p")
    assert (event.taxes[0].rate, event.taxes[0].inclusive) == ("0.2", False)


def test_what_is_not_sent_has_its_default() -> None:
    event = good(currency=LEFT_OUT, total_amount=LEFT_OUT)
    assert event.currency == "USD"
    assert (event.total_minor, event.source_event_id, event.register_code, event.business_date) == (None,) * 4
    assert (event.lines, event.tenders, event.taxes, event.discounts_minor, event.tips_minor) == ((),) * 5
    assert (event.reason, event.pays_cash) == ("", False)


# ── Fields ──────────────────────────────────────────────────────────────────────────────────────
REQUIRED = ["schema_version", "tenant_id", "store_id", "source_system", "event_type", "occurred_at", "txn_id"]
OPTIONAL = [
    "source_event_id", "register_id", "business_date", "currency", "total_amount", "line_items", "tenders",
    "tax_lines", "discounts", "tips", "service_charges", "reason",
]  # fmt: skip
TEXTS = {
    "tenant_id": MAX_TEXT, "store_id": MAX_CODE, "source_system": MAX_TEXT, "event_type": MAX_TEXT,
    "txn_id": MAX_TEXT, "source_event_id": MAX_TEXT, "register_id": MAX_CODE, "currency": MAX_TEXT,
}  # fmt: skip


@pytest.mark.parametrize("absent", [LEFT_OUT, None], ids=["left out", "null"])
@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_field_that_is_absent_or_null_is_missing(name: str, absent: Any) -> None:
    assert pointers(**{name: absent}) == [f"/{name}"]


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_as_good_as_absent_in_an_optional_field(name: str) -> None:
    assert good(**{name: None}) == good(**{name: LEFT_OUT})


@pytest.mark.parametrize("value", NO_TEXT, ids=ascii)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_field_takes_printable_text_only(name: str, value: Any) -> None:
    assert pointers(**{name: value}) == [f"/{name}"]


@pytest.mark.parametrize(("name", "limit"), TEXTS.items())
@pytest.mark.parametrize("character", ["x", "é", "😀"])
def test_a_text_field_has_its_limit_in_characters(name: str, limit: int, character: str) -> None:
    assert pointers(**{name: character * (limit + 1)}) == [f"/{name}"]
    longest = read({name: character * limit})
    reason = longest.reason_code if isinstance(longest, Hold) else None
    # Long enough for what it is; whether it is known is another question.
    assert reason == {"event_type": "UNKNOWN_EVENT_TYPE", "currency": "UNKNOWN_CURRENCY"}.get(name)


@pytest.mark.parametrize("name", ["store_id", "register_id", "txn_id", "source_event_id", "source_system"])
@pytest.mark.parametrize("text", ["a b", "é", "e\u0301", "日本", "a/b:c%d", "'; DROP TABLE--", "0", "null"])
def test_a_text_field_takes_it_as_it_is(name: str, text: str) -> None:
    field = {"store_id": "store_code", "register_id": "register_code"}.get(name, name)
    assert getattr(good(**{name: text}), field) == text


def test_a_reason_is_any_text_of_bounded_length() -> None:
    for ill in [*NO_STRING, "a\x00b", "x" * 2_001]:
        assert pointers(reason=ill) == ["/reason"]
    assert good(reason="two\nlines" + "x" * 1_991).reason.startswith("two\nlines")


@pytest.mark.parametrize(
    "value", ["2026-2-5", "20260225", "2026-02-30", "2025-02-29", "0000-01-01", "2026-W09-3", "", "today", 20260225, [],
              "2026-02-25T00:00:00Z", "2026-02-25 ", "２０２６-02-25", True, 1.5],
)  # fmt: skip
def test_a_business_date_is_a_day_that_exists(value: Any) -> None:
    assert pointers(business_date=value) == ["/business_date"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-25t09:30:00z", datetime(2026, 2, 25, 9, 30, tzinfo=UTC)),
        ("2026-02-25T09:30:00-00:00", datetime(2026, 2, 25, 9, 30, tzinfo=UTC)),
        ("2026-02-25T23:59:59+23:59", datetime(2026, 2, 25, 0, 0, 59, tzinfo=UTC)),
        ("2024-02-29T00:00:00.000001Z", datetime(2024, 2, 29, 0, 0, 0, 1, tzinfo=UTC)),
        ("2026-02-25T09:30:00.123456789Z", datetime(2026, 2, 25, 9, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_an_instant_may_be_spelled_as_rfc_3339_allows(text: str, instant: datetime) -> None:
    assert good(occurred_at=text).occurred_at == instant


@pytest.mark.parametrize("name", ["cashier_id", "metadata", "unheard_of", ""])
def test_a_field_that_is_not_assigned_may_be_anything(name: str) -> None:
    for value in (None, "", "x\x00", [[]], {"a": {"b": None}}, *NO_STRING):
        assert good(**{name: value}) == good()


# ── Amounts ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (42.5, "USD", 4250), ("42.50", "USD", 4250), (42, "USD", 4200), ("-0.01", "USD", -1), ("0005", "USD", 500),
        ("42.5000000", "USD", 4250), (100, "JPY", 100), ("100.000", "JPY", 100), (1.234, "IQD", 1234), (-0.0, "USD", 0),
        (10**13, "USD", 10**15),
    ],
)  # fmt: skip
def test_an_amount_is_exact_in_its_currency(amount: Any, currency: str, minor: int) -> None:
    assert good(total_amount=amount, currency=currency).total_minor == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (0.001, "USD"), ("0.001", "USD"), (0.5, "JPY"), ("1.2345", "IQD"), (10**13 + 1, "USD"), ("1e2", "USD"),
        (" 1", "USD"), ("", "USD"), ("1,5", "USD"), (True, "USD"), ([1], "USD"), ({}, "USD"), ("٣", "USD"),
        (1e300, "USD"), ("9" * 25, "USD"), ("0." + "0" * 25, "USD"),
    ],
)  # fmt: skip
def test_an_amount_that_is_not_exact_is_told_and_never_rounded(amount: Any, currency: str) -> None:
    assert pointers(total_amount=amount, currency=currency) == ["/total_amount"]
    for name, element in ELEMENTS.items():
        changes = {name: [element | {"amount": amount}], "currency": currency, "total_amount": None}
        (error,) = held(**{"tax_lines": None} | changes).errors
        assert error["pointer"].startswith(f"/{name}/0")


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ELEMENTS)
def test_a_list_is_a_list_of_bounded_length(name: str) -> None:
    for value in ({}, "x", 7, 1.5, True, {"0": ELEMENTS[name]}):
        assert pointers(**{name: value}) == [f"/{name}"]
    assert isinstance(read({name: [ELEMENTS[name]] * MAX_ELEMENTS}), Event)
    assert pointers(**{name: [ELEMENTS[name]] * (MAX_ELEMENTS + 1)}) == [f"/{name}"]
    assert good(**{name: []}) == good()


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_element_that_is_no_object_is_told_by_its_place(name: str) -> None:
    for element in [None, "x", [{}], *NO_STRING[:-1]]:
        assert pointers(**{name: [ELEMENTS[name], element, ELEMENTS[name], element]}) == [f"/{name}/1", f"/{name}/3"]


NEEDED = [
    ("line_items", "sku"), ("tenders", "method"), ("tax_lines", "code"), ("discounts", "code"),
    *[(name, "amount") for name in ELEMENTS],
]  # fmt: skip


@pytest.mark.parametrize(("name", "member"), NEEDED)
def test_a_member_an_element_needs_is_missed(name: str, member: str) -> None:
    without = {key: value for key, value in ELEMENTS[name].items() if key != member}
    errors = element_error(name, without)
    assert "missing" in errors
    assert member in errors or (member == "method" and "type" in errors)
    assert member in element_error(name, ELEMENTS[name] | {member: None})


@pytest.mark.parametrize("value", NO_TEXT, ids=ascii)
@pytest.mark.parametrize(
    ("name", "member"), [("line_items", "sku"), ("tenders", "method"), ("tenders", "type"), ("tenders", "processor"),
                         ("tax_lines", "code"), ("discounts", "code")],
)  # fmt: skip
def test_a_text_of_an_element_is_printable(name: str, member: str, value: Any) -> None:
    element = ELEMENTS[name] if member != "type" else {"amount": 5}
    assert member in element_error(name, element | {member: value})


@pytest.mark.parametrize(
    ("name", "member", "limit"),
    [("line_items", "sku", MAX_TEXT), ("tenders", "processor", MAX_CODE), ("tax_lines", "code", MAX_CODE),
     ("discounts", "code", MAX_TEXT), ("line_items", "category", 2_000)],
)  # fmt: skip
def test_a_text_of_an_element_has_its_limit(name: str, member: str, limit: int) -> None:
    assert isinstance(read({name: [ELEMENTS[name] | {member: "x" * limit}]}), Event)
    assert member in element_error(name, ELEMENTS[name] | {member: "x" * (limit + 1)})


ILL: dict[tuple[str, str], list[Any]] = {
    ("line_items", "qty"): ["", "x", "1e3", "½", True, [], {}, " 1"],
    ("line_items", "category"): [*NO_STRING, "\x00"],
    ("tenders", "method"): ["CHEQUE", "CASH ", "C\u200bASH", "Ｃash"],
    ("tax_lines", "rate"): ["", "20%", "1e-1", True, [], {}, "0." + "1" * 20, 1e100],
    ("tax_lines", "inclusive"): ["true", 0, 1, "", [], {}, 1.5],
}
ILL_MEMBERS = [(*place, value) for place, values in ILL.items() for value in values]


@pytest.mark.parametrize(("name", "member", "value"), ILL_MEMBERS, ids=ascii)
def test_a_member_of_the_wrong_shape_is_told_by_its_place(name: str, member: str, value: Any) -> None:
    assert member in element_error(name, ELEMENTS[name] | {member: value})


@pytest.mark.parametrize("currency", ["", " ", 7, 1.5, True, [], {}, "x" * 201])
def test_a_tender_names_its_currency_in_text(currency: Any) -> None:
    assert "currency" in element_error("tenders", ELEMENTS["tenders"] | {"currency": currency})


NULLABLE = [
    ("line_items", "qty"), ("line_items", "category"), ("tenders", "currency"), ("tenders", "processor"),
    ("tax_lines", "rate"),
    ("tax_lines", "inclusive"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "member"), NULLABLE)
def test_null_is_as_good_as_absent_in_an_element(name: str, member: str) -> None:
    without = {key: value for key, value in ELEMENTS[name].items() if key != member}
    assert good(**{name: [without | {member: None}]}) == good(**{name: [without]})


@pytest.mark.parametrize("method", sorted(TENDER_METHODS))
def test_a_method_may_be_called_type_and_be_written_small(method: str) -> None:
    for tender in ({"method": method}, {"type": method}, {"method": method.lower()}, {"method": method, "type": 7}):
        assert good(tenders=[tender | {"amount": 1}]).tenders[0].method == method


def test_equal_tax_rates_read_alike() -> None:
    rates = [0.2, "0.2", "0.20", "0.2000000", "00.2"]
    taxes = good(tax_lines=[{"code": "V", "rate": rate, "amount": 1} for rate in rates]).taxes
    assert {tax.rate for tax in taxes} == {"0.2"}
    assert good(tax_lines=[{"code": "V", "rate": 20, "amount": 1}]).taxes[0].rate == "20"


def test_a_quantity_keeps_every_digit() -> None:
    quantities = ["1.25", 0.001, 3, "-2", "123456789012345678901234.5"]
    lines = good(line_items=[{"sku": "A", "qty": quantity, "amount": 1} for quantity in quantities]).lines
    assert [line.quantity for line in lines] == [Decimal(str(quantity)) for quantity in quantities]


# ── All at once, and which code comes first ─────────────────────────────────────────────────────
def test_everything_that_is_wrong_is_told_at_once() -> None:
    spoilt = dict.fromkeys(("tenant_id", "store_id", "source_system", "event_type", "schema_version", "currency"), 7)
    more = dict.fromkeys(("occurred_at", "txn_id", "source_event_id", "register_id", "business_date", "reason"), True)
    lists: dict[str, Any] = {name: [element, None, 7] for name, element in ELEMENTS.items()}
    errors = pointers(**spoilt, **more, **lists, total_amount="x")
    assert sorted(errors) == sorted(
        [f"/{name}" for name in (*spoilt, *more, "total_amount")]
        + [f"/{name}/{at}" for name in ELEMENTS for at in (1, 2)]
    )


def test_the_summary_names_the_first_and_counts_the_rest() -> None:
    assert re.fullmatch(r"/store_id .+ \(and 2 more\)", held(store_id=7, txn_id=7, reason=7).message)


PRECEDENCE: list[tuple[str, dict[str, Any], str]] = [
    ("a version that is not known, whatever else is wrong",
     {"schema_version": "2.0", "event_type": "X", "currency": "?", "store_id": None}, "UNSUPPORTED_SCHEMA_VERSION"),
    ("a version that is no version, with a type that is not known",
     {"schema_version": "", "event_type": "X"}, "SCHEMA_VALIDATION_FAILED"),
    ("no version", {"schema_version": None, "event_type": "X"}, "SCHEMA_VALIDATION_FAILED"),
    ("no tenant, and a type that is not known", {"tenant_id": "", "event_type": "X"}, "SCHEMA_VALIDATION_FAILED"),
    ("a currency that is no text, with a type that is not known",
     {"currency": 7, "event_type": "X"}, "SCHEMA_VALIDATION_FAILED"),
    ("a type that is not known, with a body nobody can know",
     {"event_type": "X", "line_items": 7, "store_id": None, "total_amount": "x"}, "UNKNOWN_EVENT_TYPE"),
    ("a type and a currency that are not known", {"event_type": "X", "currency": "XXX"}, "UNKNOWN_EVENT_TYPE"),
    ("a type in small letters", {"event_type": "sale"}, "UNKNOWN_EVENT_TYPE"),
    ("a currency that is not known, with a body that cannot be counted",
     {"currency": "ABC", "total_amount": 1.005, "tenders": 7}, "UNKNOWN_CURRENCY"),
    ("a metal", {"currency": "XAU"}, "UNKNOWN_CURRENCY"),
    ("a currency in small letters", {"currency": "usd"}, "UNKNOWN_CURRENCY"),
    ("a body that is wrong, with a tender's currency that is not known",
     {"store_id": 7, "tenders": [{"method": "CASH", "amount": 1, "currency": "ABC"}]}, "SCHEMA_VALIDATION_FAILED"),
    ("a tender's currency that is not known",
     {"tenders": [{"method": "CASH", "amount": 1, "currency": "ABC"}]}, "UNKNOWN_CURRENCY"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), [row[1:] for row in PRECEDENCE], ids=[row[0] for row in PRECEDENCE])
def test_one_reason_code_comes_first(changes: dict[str, Any], code: str) -> None:
    assert held(**changes).reason_code == code


def test_every_type_and_every_version_of_the_first_schema_is_known_and_no_other() -> None:
    assert {good(event_type=event_type).event_type for event_type in EVENT_TYPES} == EVENT_TYPES
    for version in ("1", "1.0", "1.9", "1.2.3", "v1", "v1.0", "1.9999"):
        assert good(schema_version=version).schema_version == version
    for version in ("2", "0.9", "10", "1.", "1.0.0.0", "V1", "1.x", "١.0", "1.0 ", " 1.0", "1.99999", "1.0\n"):
        assert held(schema_version=version).reason_code == "UNSUPPORTED_SCHEMA_VERSION", version


@pytest.mark.parametrize("value", [*NO_TEXT, None, LEFT_OUT, "x" * (MAX_TEXT + 1)], ids=ascii)
def test_without_a_usable_event_id_nothing_can_be_held(value: Any) -> None:
    with pytest.raises(UnreadableBody) as refused:
        read({"event_id": value, "schema_version": "2.0", "event_type": 7})
    assert refused.value.code == "EVENT_ID_UNUSABLE"
    assert read_event_id({"event_id": "😀" * MAX_TEXT}) == "😀" * MAX_TEXT


RISKS: list[tuple[dict[str, Any], tuple[int | None, str]]] = [
    ({"total_amount": 4.5}, (450, "USD")), ({"total_amount": "-4.50", "currency": "EUR"}, (450, "EUR")),
    ({"total_amount": 4.5, "currency": "JPY"}, (None, "JPY")), ({"total_amount": []}, (None, "USD")),
    ({"total_amount": 5, "currency": "ABC"}, (None, "")), ({"total_amount": 5, "currency": []}, (None, "")),
]  # fmt: skip


def test_what_is_at_risk_is_read_of_any_payload() -> None:
    for payload, risk in RISKS:
        assert amount_at_risk(exact_json.parse_object(json.dumps(payload)), base_currency="USD") == risk, payload


def test_what_is_at_risk_is_in_the_tenants_currency_when_none_is_named() -> None:
    assert amount_at_risk({"total_amount": 5, "currency": None}, base_currency="USD") == (500, "USD")
