"""Decisions on held events: resolve, preview, weigh, replay.

`resolve` has the use cases of people, `release` posts events that waited for their original, `replay_jobs` replays all
cases of one reason. `carry_out` runs a decision in its transaction: `held_cases` locks, `candidates` reads the version,
`ruling` rules (pure), `admission` and `second_person` refuse, `writing` posts. `weigh` and `effects` describe choices
for display.
"""
