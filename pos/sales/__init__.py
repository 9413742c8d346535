"""Sales as posted (silver): the header of every journal, and its lines, taxes and tenders.

`header` derives figures from the journal's own lines, `content` derives lines, tenders and taxes from the event,
`content_check` compares the two; `projection` writes the content in the background; `queries`, `filters` and
`parameters` read for the API and the back office.
"""

from pos.sales.filters import DEFAULT_DAYS, SaleFilter
from pos.sales.header import currency_of, figures_of, header_of, mirror_figures_of
from pos.sales.parameters import MAX_DAYS, read_span, read_store
from pos.sales.projection import project_all, project_event, project_sales, retry_failures
from pos.sales.queries import Header, Place, SoldEvent, SoldJournal, get_sale, list_sales, sales_of

# fmt: off
__all__ = [
    "DEFAULT_DAYS", "MAX_DAYS", "Header", "Place", "SaleFilter", "SoldEvent", "SoldJournal", "currency_of",
    "figures_of", "get_sale", "header_of", "list_sales", "mirror_figures_of", "project_all", "project_event",
    "project_sales", "read_span", "read_store", "retry_failures", "sales_of",
]
# fmt: on
