"""Types of flows through cash drawers, and methods of payment."""

from django.db import models


class FlowType(models.TextChoices):
    """Types of flows. Clients may request the first five; events and the drawer's own life cause the others."""

    SALE = "SALE"
    REFUND = "REFUND"
    PAYOUT = "PAYOUT"
    CASH_IN = "CASH_IN"
    CASH_OUT = "CASH_OUT"
    DROP = "DROP", "Drop into the safe"
    CORRECTION = "CORRECTION", "Reversal or correction"
    FLOAT = "FLOAT", "Starting cash"
    OVER_SHORT = "OVER_SHORT", "Over/short"
    EMPTIED = "EMPTIED", "Counted cash into the safe"
    ADJUSTMENT = "ADJUSTMENT", "Adjustment after the close"


#: The types a client may request.
REQUESTABLE = (FlowType.SALE, FlowType.REFUND, FlowType.PAYOUT, FlowType.CASH_IN, FlowType.CASH_OUT)


#: The flows of a drawer's own life; all others happen at the till.
OWN_FLOWS = (FlowType.FLOAT, FlowType.OVER_SHORT, FlowType.EMPTIED, FlowType.ADJUSTMENT)


class Method(models.TextChoices):
    """The tender. Only cash lies in the drawer."""

    CASH = "CASH"
    CARD = "CARD"
    EXTERNAL = "EXTERNAL"
