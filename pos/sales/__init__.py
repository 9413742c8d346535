"""Sales as the books have them (silver): the header of every journal, and the lines, taxes and tenders it was made of.

`header` reads figures off the journal's own lines, `content` is what was sold, checked by `content_check`; `projection`
writes it later in the background; `queries`, `filters` and `parameters` read for the API and the back office.
"""
