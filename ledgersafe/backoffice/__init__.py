"""The frame of every back-office page; it has no page of its own.

`frame`: the sidebar, and read-only lists restricted to the person's tenants.
`pages`: an object in cards, a form that runs one use case, a choice, a secret shown once; `labels`: labels of choices
with a line of explanation.
`scope`: the tenant whose figures are shown; `charts`: SVG shapes of figures.
`drafts` → `kept_drafts`: a form that was sent after the session had ended comes back after signing in.

Every page shows rows read-only and changes them through use cases, so that each change is checked and in the trail.
"""
