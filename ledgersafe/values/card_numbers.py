"""Find card numbers in payloads, and mask them: they must not be kept.

A primary account number is 14–19 digits of an issuer range with a valid Luhn check digit (ISO/IEC 7812-1), bare or
in the groups that are printed on cards. Thirteen-digit Visa numbers have not been issued for decades and are left
out: every tenth EAN-13 of a German article would pass for one.
"""

import hashlib
import hmac
import re
from typing import Final

from django.conf import settings

#: Bare, 4-4-4-4(-3), or 4-6-5/4-6-4; not inside a longer number, word or UUID; after the %B of a magnetic track too.
_CANDIDATE: Final = re.compile(
    r"(?:(?<=%B)|(?<![0-9A-Za-z_.\-]))"
    r"(?:[2-6]\d{13,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}([ -])\d{6}\2\d{4,5})"
    r"(?![0-9A-Za-z_\-]|\.\d)",
    re.ASCII,
)
#: The beginning of every candidate, without look-around, so that most payloads are dismissed quickly.
_HINT: Final = re.compile(r"[2-6]\d{3}(?:\d{9}|[ -]\d{4})", re.ASCII)
#: Issuer ranges: Visa; Mastercard; American Express and Diners; JCB; Discover; UnionPay; Maestro.
_ISSUER: Final = re.compile(
    r"4\d{15}(?:\d{3})?"
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35(?:2[89]|[3-8]\d)\d{12}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|62\d{14,17}"
    r"|(?:50[1-9]\d|5[6-8]\d\d|6304|67\d\d)\d{12}",
    re.ASCII,
)
#: Maps all digits to 0 and both separators to a space, so that `_HINT` becomes a search for a constant.
_SHAPE: Final = bytes.maketrans(b"123456789-", b"000000000 ")
_DIGITS: Final = re.compile(r"\d", re.ASCII)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


def contains_pan(text: str) -> bool:
    """Tell whether a card number stands in the text, also behind JSON escapes or NULs."""
    text = _plain(text)
    return bool(_HINT.search(text)) and any(_is_pan(match.group()) for match in _CANDIDATE.finditer(text))


def may_contain_pan(plain: bytes) -> bool:
    """Tell quickly whether UTF-8 text without escapes may hold a card number; False is certain."""
    shape = plain.translate(_SHAPE)
    return b"0000 0000" in shape or b"0" * 13 in shape


def mask(text: str) -> str:
    """Replace all but the last four digits of every card number by stars; JSON escapes are resolved first."""
    text = _plain(text)
    if not _HINT.search(text):
        return text
    return _CANDIDATE.sub(lambda match: _masked(match.group()) if _is_pan(match.group()) else match.group(), text)


def mac(body: bytes) -> bytes:
    """Compute a keyed MAC of a body that was not kept (32 bytes): equal bodies compare equal, and reveal nothing."""
    return hmac.new(b"pan:" + settings.SECRET_KEY.encode(), body, hashlib.sha256).digest()


def _plain(text: str) -> str:
    """Resolve escapes and drop NULs: `\\u0034111…` hides a digit, `\\n4111…` a border, UTF-16 every second byte."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
    return text.replace("\x00", "") if "\x00" in text else text


def _is_pan(candidate: str) -> bool:
    digits = candidate.replace(" ", "").replace("-", "")
    return bool(_ISSUER.fullmatch(digits)) and _luhn(digits)


def _luhn(digits: str) -> bool:
    odd = sum(int(d) for d in digits[-1::-2])
    even = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (odd + even) % 10 == 0


def _masked(pan: str) -> str:
    return _DIGITS.sub("*", pan[:-4]) + pan[-4:]
