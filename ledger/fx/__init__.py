"""Foreign currency: rates, exact conversion, settlements, the open position and its revaluation.

In: rates from the API, files or the back office; amounts. Out: conversions with one rounding, and journals.

* `conversion`: rates and conversions. Pure. `rates`: find the rate of an instant.
* `record_rates` (use case), `rate_text`, `rate_files`, `requests`: record rates, and read them as people send them.
* `settle` (use case), `settlement_requests`, `settlement_queries`: settle between accounts of two currencies.
* `positions`, `revaluation`: value the clearing accounts, and book the residual in the transaction of a close.
* `kept_conversions`: store the conversions of till events.

The vocabulary of rates stands here; import use cases as modules (`settle.settle`, `positions.read`): their files have
the names of their functions, and posting rules need not load them.
"""

from ledger.fx.conversion import (
    NO_RATES,
    AmountTooLarge,
    AmountTooSmall,
    Conversion,
    FxRateMissing,
    FxRateStale,
    Rate,
    Rates,
    Unusable,
)  # fmt: skip
from ledger.fx.rates import RateQuery

__all__ = [
    "NO_RATES", "AmountTooLarge", "AmountTooSmall", "Conversion", "FxRateMissing", "FxRateStale", "Rate",
    "RateQuery", "Rates", "Unusable",
]  # fmt: skip
