"""Passwords: tests sign in with quick hashes, and what production keeps is as slow as it is meant to be."""

from django.contrib.auth.hashers import check_password, make_password
from django.test import override_settings

from ledgersafe import settings as production


def test_production_keeps_passwords_by_argon2id_with_the_parameters_that_owasp_asks_for() -> None:
    assert production.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=production.PASSWORD_HASHERS):
        kept = make_password("correct horse")
        assert check_password("correct horse", kept)
        assert not check_password("correct hors", kept)
    assert kept.startswith("argon2$argon2id$v=19$")
    memory, rounds, _ = (int(part.split("=")[1]) for part in kept.split("$")[3].split(","))
    assert memory >= 19 * 1024, "KiB"
    assert rounds >= 2


def test_a_quick_hash_is_checked_like_any_other() -> None:
    kept = make_password("correct horse")
    assert kept.startswith("argon2$argon2id$v=19$m=8,t=1,p=1$")
    assert check_password("correct horse", kept)
    assert not check_password("correct hors", kept)
