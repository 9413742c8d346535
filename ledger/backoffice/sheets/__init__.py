"""What the pages of the books show: journals with their relatives, accounts with their postings, days with their sums.

Read-only, one statement for a page's rows whatever their number. Nothing here reads a whole table: postings are found
by account and business day, or by journal.
"""
