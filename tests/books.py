"""Whether the books of a test's tenant still keep every invariant."""

from ledgersafe.operations import verification


def assert_books_clean(tenant_id: int) -> None:
    """Fail, naming every violating row, when an invariant does not hold for this tenant."""
    broken = verification.verify(tenant_id=tenant_id).broken
    told = [
        f"{finding.invariant.id} ({finding.total} rows): {row.table} {row.row} {row.message}"
        for finding in broken
        for row in finding.named
    ]
    assert not broken, "\n".join(["The books do not hold:", *told])
