"""Transfers between accounts and their reversals, through the API: exactly once per client and key.

In: bodies of requests. Out: `TransferResult`, or the recorded command. Each use case runs its own transaction.

* `requests`: read bodies into values. Pure.
* `transfer`: post or preview transfers; one statement posts any number.
* `reversals`: reverse a transfer's journal.
* `clients`: find commands that a rotated key sent under its former name.
"""

from ledger.transfers.clients import with_recorded_clients
from ledger.transfers.requests import (
    LONGEST_CODE,
    MAX_KEY,
    MAX_MEMO,
    ReversalRequest,
    TransferLine,
    TransferRequest,
    read_bulk,
)  # fmt: skip
from ledger.transfers.reversals import reverse_journal
from ledger.transfers.transfer import STATUSES, TransferResult, carry_out, preview

__all__ = [
    "LONGEST_CODE",
    "MAX_KEY",
    "MAX_MEMO",
    "STATUSES",
    "ReversalRequest",
    "TransferLine",
    "TransferRequest",
    "TransferResult",
    "carry_out",
    "preview",
    "read_bulk",
    "reverse_journal",
    "with_recorded_clients",
]  # fmt: skip
