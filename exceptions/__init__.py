"""Held events: cases, the decisions people make on them, and the desk where they work. Files in reading order:

`reasons`     why an event can be held, and what a person can decide
`models`      a case (one per held event), and its decisions and proposals
`cases`       assign a case; operations that lock, resolve and propose, for the till's side
`decisions`   read a decision from a request · `patching`: patch and compare payloads (pure)
`proposals`   decline or withdraw what needs a second person · `waiting`: list and count it
`queries`     cases for the API · `inbox`: filters and counts of the inbox (`amounts` parses) · `figures`: dashboard
`assignees`   people and names · `checks`: invariants
`desk`        API and pages: the one room that imports the till's side (`pos`), which stands above this app

Import the files: models load only once the apps are ready, so that nothing is re-exported here.
"""
