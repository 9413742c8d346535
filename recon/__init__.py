"""Control of business days: what can be closed, the close, the accountant's pack. The top of the stack of apps.

Read in this order:

`models`      records of a close: who, when, what stood against it, fingerprints of its pack
`packs`       the accountant pack of a closed day, reproducible byte for byte
`closing`     readiness, close, reopening, the hourly close of due days
`api`         `/v1/periods…` · `backoffice`: pages of a business day · `management`: `close_day`, `reopen_day`
`tasks`       the scheduled job
"""
