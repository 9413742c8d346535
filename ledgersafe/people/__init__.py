"""People of the back office: who may do what, sign-in, the second factor, and their pages.

`access` has the use cases (let in, change, lock, reset), `sign_in` and `second_factor` the way in, `site` asks every
page
for a session and keeps what was typed when it has ended; `forms` and `admin` are the pages.
"""
