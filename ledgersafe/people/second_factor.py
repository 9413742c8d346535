"""Two-step sign-in: six digits from a phone (TOTP), or one of ten recovery codes.

Optional per person. Keys and codes are in the tables of django-otp, whose devices also throttle guessing.
"""

import base64
import secrets
from typing import Any, Final

import segno
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgersafe.audit import trail
from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Membership
from ledgersafe.values.errors import DomainError

RECOVERY_CODES: Final = 10
_NAME: Final = "phone"
#: Without 0, 1, l and o: people write them down.
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"


class WrongCode(DomainError):
    """Wrong code. Codes change every 30 seconds; check your phone's clock."""

    code = "WRONG_CODE"


class AlreadyOn(DomainError):
    """Two-step sign-in is on already."""

    code = "ALREADY_ON"
    http_status = 409


def is_on(person: staff.Person) -> bool:
    """Tell whether a person signs in with a code."""
    return bool(TOTPDevice.objects.filter(user_id=person.pk, confirmed=True).exists())


def recovery_codes_left(person: staff.Person) -> int:
    """Count the unused recovery codes."""
    return int(StaticToken.objects.filter(device__user_id=person.pk).count())


def pending(person: staff.Person) -> TOTPDevice | None:
    """Return the key that waits for confirmation, if any."""
    return TOTPDevice.objects.filter(user_id=person.pk, confirmed=False).order_by("id").first()


def begin(person: staff.Person) -> TOTPDevice:
    """Create a key, or return the one that waits for confirmation.

    :raises AlreadyOn: two-step sign-in is on.
    """
    if is_on(person):
        raise AlreadyOn
    return pending(person) or TOTPDevice.objects.create(user_id=person.pk, confirmed=False, name=_NAME)


def give_up(person: staff.Person) -> None:
    """Delete the key that waits for confirmation."""
    TOTPDevice.objects.filter(user_id=person.pk, confirmed=False).delete()


def qr_code(device: TOTPDevice) -> str:
    """Draw the key as an SVG QR code: dark on white, also on dark pages."""
    code = segno.make(device.config_url, error="m")
    return str(code.svg_inline(scale=4, border=3, dark="#111827", light="#ffffff", svgclass="setup-qr", omitsize=True))


def key_text(device: TOTPDevice) -> str:
    """Format the key in groups of four, for typing."""
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def turn_on(*, person: staff.Person, code: str, actor: str) -> list[str]:
    """Confirm the key with a code. Return the recovery codes, which are shown this once.

    :raises AlreadyOn: no key waits for confirmation. :raises WrongCode: the code is wrong.
    """
    wrong = False
    with transaction.atomic(durable=True):
        # The lock closes the race of two confirmations: the second finds nothing to confirm.
        waiting = TOTPDevice.objects.select_for_update().filter(user_id=person.pk, confirmed=False)
        device = waiting.order_by("id").first()
        if device is None:
            raise AlreadyOn
        codes: list[str] = []
        if _accepts(device, code):
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            give_up(person)  # another tab may have begun as well
            codes = _new_recovery_codes(person)
            _record(person, "people.second_factor.turned_on", actor)
        else:
            wrong = True  # raised after the commit, so that django-otp's failure count is kept
    if wrong:
        raise WrongCode
    return codes


def turn_off(*, person: staff.Person, code: str, actor: str) -> None:
    """Switch off two-step sign-in; the code proves that it is not just an open session.

    :raises WrongCode: the code is wrong.
    """
    if not verify(person, code):
        raise WrongCode
    with transaction.atomic(durable=True):
        if remove(person):
            _record(person, "people.second_factor.turned_off", actor)


def renew_recovery_codes(*, person: staff.Person, code: str, actor: str) -> list[str]:
    """Replace the recovery codes.

    :raises WrongCode: the code is wrong.
    """
    if not verify(person, code):
        raise WrongCode
    with transaction.atomic(durable=True):
        codes = _new_recovery_codes(person)
        _record(person, "people.recovery_codes.renewed", actor)
    return codes


def verify(person: staff.Person, code: str) -> bool:
    """Verify the phone's current code, or use up a recovery code."""
    with transaction.atomic(durable=True):
        # The lock closes the race of two sign-ins with one code: a code counts once.
        devices: list[Any] = [
            *TOTPDevice.objects.select_for_update().filter(user_id=person.pk, confirmed=True),
            *StaticDevice.objects.select_for_update().filter(user_id=person.pk, confirmed=True),
        ]
        return any(_accepts(device, code) for device in devices if _is_for(device, code))


def remove(person: staff.Person) -> bool:
    """Delete key and recovery codes; operation. Return whether there were any."""
    require_transaction()
    phones, _ = TOTPDevice.objects.filter(user_id=person.pk).delete()
    StaticDevice.objects.filter(user_id=person.pk).delete()
    return bool(phones)


def _normal(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _is_for(device: Any, code: str) -> bool:
    """Match six digits with the phone, else with recovery codes: a typo at one does not slow down the other."""
    return isinstance(device, TOTPDevice) == (_normal(code).isdigit() and len(_normal(code)) == 6)


def _accepts(device: Any, code: str) -> bool:
    text = _normal(code)
    return text.isascii() and 0 < len(text) <= 16 and bool(device.verify_token(text))


def _new_recovery_codes(person: staff.Person) -> list[str]:
    StaticDevice.objects.filter(user_id=person.pk).delete()
    device = StaticDevice.objects.create(user_id=person.pk, name="recovery codes")
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _record(person: staff.Person, action: str, actor: str) -> None:
    """Record one entry per tenant of the person, since a trail belongs to a tenant."""
    for tenant_id in (
        Membership.objects.filter(user_id=person.pk).order_by("tenant_id").values_list("tenant_id", flat=True)
    ):
        trail.record(
            tenant_id=tenant_id,
            actor=actor,
            action=action,
            object_type="person",
            object_id=person.get_username(),
        )
