"""Accounts are found or opened: one per role, qualifier and currency, in few statements, and no two share a code."""

from itertools import product

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.accounts import ROLES, AccountRef, find_or_open, qualified
from ledger.models import Account
from ledgersafe.postgres.db import TransactionRequired, tenant_transaction
from tests.conftest import Shop, open_shop
from tests.scenes.till import assert_answer

DRAWER = AccountRef("DRAWER", "USD", qualified("store-1", "till-1"))
SALES = AccountRef("SALES", "USD")
FX = AccountRef("FX_CLEARING", "EUR")


def opened(shop: Shop, *refs: AccountRef) -> tuple[dict[AccountRef, int], list[str]]:
    """Ids by ref, and the statements it took."""
    with tenant_transaction(shop.tenant.id), CaptureQueriesContext(connection) as queries:
        ids = find_or_open(shop.tenant.id, refs)
    return ids, [query["sql"].split()[0] for query in queries.captured_queries]


def test_what_is_missing_is_opened_with_its_default_code_name_and_type(shop: Shop) -> None:
    ids, _ = opened(shop, DRAWER, SALES, FX)
    assert set(ids) == {DRAWER, SALES, FX}
    rows = Account.objects.filter(tenant=shop.tenant).values_list("id", "code", "name", "type", "currency", "status")
    assert set(rows) == {
        (ids[DRAWER], "DRAWER:store-1/till-1:USD", "Cash drawer store-1/till-1", "ASSET", "USD", "active"),
        (ids[SALES], "SALES:USD", "Sales", "REVENUE", "USD", "active"),
        (ids[FX], "FX:CLEAR:EUR", "FX clearing", "ASSET", "EUR", "active"),
    }


@pytest.mark.parametrize("number", [1, 2, 200])
def test_it_takes_as_many_statements_for_one_as_for_many(shop: Shop, number: int) -> None:
    refs = [AccountRef("DRAWER", "USD", f"s/{n}") for n in range(number)]
    ids, statements = opened(shop, *refs)
    assert statements == ["SELECT", "INSERT", "SELECT"]
    again, statements = opened(shop, *refs)
    assert statements == ["SELECT"]
    assert again == ids
    assert len(set(ids.values())) == number


def test_only_what_is_missing_is_opened(shop: Shop) -> None:
    before, _ = opened(shop, SALES)
    ids, statements = opened(shop, SALES, DRAWER, DRAWER)
    assert ids == before | {DRAWER: ids[DRAWER]}
    assert statements == ["SELECT", "INSERT", "SELECT"]
    assert shop.number("accounts") == 2


def test_every_role_can_be_opened(shop: Shop) -> None:
    refs = [AccountRef(role, currency, which) for role, currency, which in product(ROLES, ("USD", "JPY"), ("", "x"))]
    ids, _ = opened(shop, *refs)
    assert len(set(ids.values())) == len(refs) == shop.number("accounts")
    assert {ref.name for ref in refs if not ref.qualifier} == {role.name for role in ROLES.values()}


def test_they_are_inserted_in_code_order_whatever_the_order_asked(shop: Shop) -> None:
    # Two transactions that open the same accounts would else wait crosswise.
    refs = [AccountRef("DRAWER", "USD", which) for which in "qwertyuiop"] + [SALES, FX]
    opened(shop, *refs)
    codes = [code for (code,) in shop.rows("SELECT code FROM accounts WHERE tenant_id = %s ORDER BY id")]
    assert codes == sorted(codes)
    assert len(codes) == len(refs)


def test_a_renamed_or_blocked_account_is_found_by_its_role(shop: Shop) -> None:
    ids, _ = opened(shop, SALES)
    Account.objects.filter(pk=ids[SALES]).update(code="4000", name="Revenue", status="blocked")
    assert opened(shop, SALES) == (ids, ["SELECT"])


def test_an_own_account_plays_no_role(shop: Shop) -> None:
    Account.objects.create(tenant=shop.tenant, code="MINE", name="Mine", type="ASSET", currency="USD")
    ids, _ = opened(shop, AccountRef("SAFE", "USD"))
    assert len(ids) == 1
    assert shop.number("accounts") == 2


def test_a_role_whose_default_code_is_taken_still_has_an_account(shop: Shop) -> None:
    Account.objects.create(tenant=shop.tenant, code=SALES.code, name="Mine", type="ASSET", currency="USD")
    ids, _ = opened(shop, SALES)
    assert set(ids) == {SALES}


def test_nothing_asked_is_nothing_found(shop: Shop) -> None:
    opened(shop, SALES)
    assert opened(shop)[0] == {}


def test_tenants_share_no_account(shop: Shop) -> None:
    other = open_shop()
    mine, theirs = opened(shop, SALES, DRAWER)[0], opened(other, SALES, DRAWER)[0]
    assert not set(mine.values()) & set(theirs.values())
    assert shop.number("accounts") == other.number("accounts") == 2


def test_outside_a_transaction_nothing_is_opened(shop: Shop) -> None:
    with pytest.raises(TransactionRequired):
        find_or_open(shop.tenant.id, [SALES])
    assert shop.number("accounts") == 0


def test_what_is_rolled_back_was_never_opened(shop: Shop) -> None:
    with tenant_transaction(shop.tenant.id):
        find_or_open(shop.tenant.id, [SALES])
        transaction.set_rollback(True)
    assert shop.number("accounts") == 0
    assert set(opened(shop, SALES)[0]) == {SALES}


def test_the_longest_codes_fit(shop: Shop) -> None:
    for character in ("x", "é", "😀", "/", "%", ":"):
        ref = AccountRef("DRAWER", "USD", qualified(character * 64, character * 64))
        assert set(opened(shop, ref)[0]) == {ref}


#: Outside codes that try to look like the joints between them.
codes = st.text(st.sampled_from("ab/:%2F35A -é"), min_size=1, max_size=6)
several = st.lists(codes, min_size=1, max_size=3).map(tuple)
refs = st.builds(
    lambda role, currency, parts: AccountRef(role, currency, qualified(*parts)),
    st.sampled_from(sorted(ROLES)),
    st.sampled_from(["USD", "EUR"]),
    st.just(()) | several,
)


@given(one=several, other=several)
def test_different_codes_never_make_one_qualifier(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (qualified(*one) == qualified(*other)) == (one == other)


@given(one=codes, other=codes)
def test_a_joint_cannot_be_imitated(one: str, other: str) -> None:
    both = qualified(one, other)
    assert both.count("/") == 1
    assert ":" not in both
    assert both not in (qualified(f"{one}/{other}"), qualified(f"{one}%2F{other}"), qualified(f"{one}:{other}"))


@given(one=refs, other=refs)
def test_different_accounts_never_share_a_code(one: AccountRef, other: AccountRef) -> None:
    assume(one != other)
    assert one.code != other.code


def test_codes_of_roles_are_distinct_and_cannot_be_confused() -> None:
    heads = [role.code for role in ROLES.values()]
    assert len(set(heads)) == len(heads)
    # `FX:CLEAR` has a colon of its own: no other role may be called by its beginning.
    assert [head for head in heads if any(head != other and other.startswith(f"{head}:") for other in heads)] == []


def test_stores_and_tills_with_joints_in_their_names_have_drawers_of_their_own(shop: Shop) -> None:
    places = [("a/b", "c"), ("a", "b/c"), ("a:b", "c"), ("a", "b:c"), ("a%2Fb", "c"), ("a%", "2Fb"), ("a", "%2Fb")]
    for number, (store, register) in enumerate(places):
        tender = [{"method": "CASH", "amount": 42.5}]
        sale = shop.sale(f"evt-{number}", store_id=store, register_id=register, tenders=tender)
        assert_answer(shop.send(sale), 201, "processed")
    ((drawers, sums),) = shop.rows(
        "SELECT count(*), array_agg(DISTINCT total) FROM (SELECT account_id, sum(amount_minor) AS total FROM postings p"
        " JOIN accounts a ON a.id = p.account_id WHERE p.tenant_id = %s AND a.role = 'DRAWER' GROUP BY 1) AS drawers"
    )
    assert drawers == len(places)
    assert [int(total) for total in sums] == [4250]
