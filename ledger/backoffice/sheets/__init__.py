"""Read what the pages about the books show: journals, accounts with their postings, days with their sums.

One statement serves all rows of a page. Nothing here scans a whole table: postings are found by account and business
day, or by journal.
"""
