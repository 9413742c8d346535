"""One run: which figures, in which order, on which servers."""

from bench import (
    books,
    close,
    commands,
    databases,
    gold,
    growth,
    memory,
    pages,
    replay,
    throughput,
    transfers,
    zreport,
)  # fmt: skip
from bench.figures import Figure, Plan
from bench.progress import Progress
from bench.servers import WebServer, prepare


def measure(plan: Plan) -> list[Figure]:
    """Measure what the plan wants. Databases and servers of the run are gone when it returns or raises."""
    try:
        with Progress(_steps(plan)) as progress:
            figures = _throughput(plan, progress)
            if plan.wants("transfers"):
                figures += transfers.measure_transfers(plan, progress)
            if plan.wants("growth"):
                figures += growth.measure_growth(plan, progress)
            if plan.wants("balances", "latency"):
                figures += books.measure_books(plan, progress)
            if plan.wants("close"):
                figures += close.measure_close(plan, progress)
            if plan.wants("gold"):
                figures += gold.measure_gold(plan, progress)
            if plan.wants("commands"):
                figures += commands.measure_commands(plan, progress)
            if plan.wants("z-report"):
                figures += zreport.measure_zreport(plan, progress)
            if plan.wants("replay"):
                figures += replay.measure_replay(plan, progress)
            if plan.wants("pages"):
                figures += pages.measure_pages(plan, progress)
            if plan.wants("memory"):
                figures += memory.measure_memory(plan, progress)
    finally:
        for database in (
            throughput.DATABASE,
            transfers.DATABASE,
            "small",
            "large",
            replay.DATABASE,
            pages.DATABASE,
            "memory",
            *books.DATABASES,
            close.DATABASE,
            *gold.DATABASES,
            commands.DATABASE,
            zreport.DATABASE,
        ):
            databases.drop(database)
    return figures


def _throughput(plan: Plan, progress: Progress) -> list[Figure]:
    if not plan.wants("textbook", "one-row", "batch", "hot"):
        return []
    progress.say("creating the database")
    keys = prepare(throughput.DATABASE, throughput.HOT_CONNECTIONS)
    figures: list[Figure] = []
    with WebServer(throughput.DATABASE) as server:
        if plan.wants("textbook", "one-row"):
            figures += throughput.measure_singles(server, keys, plan, progress)
        if plan.wants("batch"):
            figures += throughput.measure_batches(server, keys, plan, progress)
        if plan.wants("hot"):
            figures += throughput.measure_hot_accounts(server, keys, plan, progress)
        throughput.check_postings()
    return figures


def _steps(plan: Plan) -> int:
    """How often `progress.advance` will be called."""
    turns = plan.rounds + 1
    singles = plan.wants("textbook", "one-row") + plan.wants("textbook") + plan.wants("one-row")
    steps = turns * (singles + 2 * plan.wants("batch") + 2 * plan.wants("hot"))
    steps += plan.wants("transfers") * turns * transfers.CONTESTANTS + books.steps(plan)
    steps += plan.wants("close") * (close.SETUP_STEPS + turns)
    steps += plan.wants("commands") * turns * commands.CONTESTANTS
    steps += plan.wants("z-report") * zreport.SETUP_STEPS
    steps += plan.wants("gold") * (gold.SETUP_STEPS + 2 * turns + plan.rounds)
    steps += plan.wants("replay") * turns + plan.wants("pages") * (pages.SETUP_STEPS + turns)
    return steps + plan.wants("growth") * (growth.LOAD_STEPS + plan.rounds) + plan.wants("memory") * memory.STEPS
