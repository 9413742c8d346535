"""Sales as posted (silver): the header of every journal, and its lines, taxes and tenders.

`header` derives figures from the journal's own lines, `content` derives lines, tenders and taxes from the event,
`content_check` compares the two; `projection` writes the content in the background; `queries`, `filters` and
`parameters` read for the API and the back office.
"""
