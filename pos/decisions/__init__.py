"""What a person decides on a held event: weighed, previewed, carried out.

`resolve` has the use cases; `ruling` weighs a choice (pure), `carry_out` makes it inside the transaction, `writing` and
`effects` write and tell; `release` posts what waited for its original; `replay_jobs` tries everything of one reason
again.
"""
