"""The books: accounts, journals, business days, drawers and foreign currency. The rooms in reading order:

* `models`: the tables. `sql`, `migrations`: their functions and guards.
* `accounts`: the chart, and the accounts that posting rules open.
* `calendar`: which business day an instant belongs to. `refusals`: what the books refuse, as answers.
* `journals`: a balanced draft, and the one way into the books. `balances`: what the books say.
* `periods`: business days as rows; open, seal, reopen.
* `transfers`: money between accounts, through the API. `drawers`: cash drawers and their reports.
* `fx`: rates, conversion, settlements, revaluation.
* `checks`: the invariants. `tasks`: background jobs.
* `api`, `backoffice`: HTTP and pages. Nothing imports them.

A room imports only rooms above it in this list, through their front pages. Amounts are minor units, debit positive.
"""
