"""The figures of long books: what takes longer when a hundred times as many postings lie in them, or more?"""

from contextlib import ExitStack

from bench import balances, databases, latency
from bench.book_history import History
from bench.figures import Figure, Plan
from bench.progress import Progress
from bench.servers import WebServer, ask_program, owner_of, prepare

LONG, SHORT, YOUNG = DATABASES = ("long-books", "short-books", "young-books")
#: Postings of the open day: what came since the last snapshot. At most a fifth of all.
_OPEN = 10_000


def measure_books(plan: Plan, progress: Progress) -> list[Figure]:
    """Reading balances first, then posting: the long books serve both."""
    keys = {}
    for database, postings in _wanted(plan).items():
        progress.say(f"books: writing {postings:,} postings")
        keys[database] = _fill(database, postings)
        progress.advance()
    figures: list[Figure] = []
    with ExitStack() as stack:
        servers = {database: stack.enter_context(WebServer(database, workers=1)) for database in keys}
        if plan.wants("balances"):
            contestants = {"many": servers[LONG], "few": servers[SHORT]}
            known = {"many": keys[LONG], "few": keys[SHORT]}
            figures += balances.measure_balances(contestants, known, plan, progress)
        if plan.wants("latency"):
            contestants = {"many": servers[LONG], "few": servers[YOUNG]}
            known = {"many": keys[LONG], "few": keys[YOUNG]}
            figures += latency.measure_latency(contestants, known, plan, progress)
    for database in keys:
        databases.drop(database)
    return figures


def steps(plan: Plan) -> int:
    """How often `progress.advance` will be called."""
    rounds = plan.wants("balances") * balances.FIGURES + plan.wants("latency")
    return len(_wanted(plan)) + rounds * plan.rounds if rounds else 0


def _wanted(plan: Plan) -> dict[str, int]:
    """Postings by database."""
    sizes = {LONG: plan.many_postings}
    if plan.wants("balances"):
        sizes[SHORT] = plan.few_postings
    if plan.wants("latency"):
        sizes[YOUNG] = plan.young_postings
    return sizes


def _fill(database: str, postings: int) -> str:
    """:returns: a key that may read and write the books."""
    slug = next(iter(prepare(database, 1)))
    history = History(slug, postings, min(_OPEN, postings // 5))
    key = str(ask_program(owner_of(database), "bench.book_history", history.as_argument()))
    databases.settle(database)
    return key
