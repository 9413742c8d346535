"""Books start later at the moment their first day is opened: one of the two comes second, and is told so."""

from datetime import date

import pytest

from ledgersafe import setup
from tests.books import assert_books_clean
from tests.conftest import open_shop
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


@pytest.mark.parametrize("round_", range(8))
def test_the_first_sale_and_a_later_start_never_both_stand(books: None, round_: int) -> None:
    """The sale is held, or the start refused."""
    shop, later = open_shop(), date(2026, 2, 26)

    def move() -> bool:
        try:
            setup.change_tenant(slug=shop.slug, changes={"books_start": str(later)}, actor="user:eve")
        except setup.BooksStartFixed:
            return False
        return True

    moved, *sold = all_at_once(
        [move, *(lambda n=n: shop.send(shop.sale(f"evt-{n}")).status_code == 201 for n in range(3))]
    )
    assert sold == [not moved] * 3
    assert_books_clean(shop.tenant.id)
