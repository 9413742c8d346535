"""The chart of accounts: which accounts a rule posts to, how they are opened, changed and found.

`chart` maps roles to codes (pure); `opening` opens accounts inside the caller's transaction; `changes` are the use
cases of the back office and the API, `requests` what they take.
"""
