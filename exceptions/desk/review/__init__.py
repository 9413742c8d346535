"""The review page: one held event, its versions, and the form that decides it.

`views` takes requests, `form` reads input, `page` renders; `parts`, `comparison` (with `side_by_side`,
`word_marks`), `proposals` (with `proposal_text`) and `trail` make the page's parts from a `case_view.Review`.
"""
