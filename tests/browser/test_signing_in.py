"""The door: signing in and out, the lock after five failures, and the phone's code."""

from django.contrib.auth.models import User
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.conftest import Shop
from tests.scenes.staff import PASSWORD, hire


def code_of(person: User, *, step: int = 0) -> str:
    """What the phone shows now; `step`: so many times 30 seconds later."""
    return f"{totp(TOTPDevice.objects.get(user=person).bin_key, t0=-30 * step):06d}"


def test_the_fifth_wrong_password_locks_and_says_for_how_long(browse: Browse, shop: Shop) -> None:
    operator, screen = hire("operator", shop), browse()
    for _ in range(4):
        screen.sign_in(operator, "wrong")
        screen.says("Wrong user name or password")
    with screen.refused(429):
        screen.sign_in(operator, "wrong")
    screen.says("You can sign in again in 15 minutes.", operator.username)
    with screen.refused(429):
        screen.sign_in(operator, PASSWORD)
    screen.says("You can sign in again in 15 minutes.")
    other = browse()
    other.sign_in(hire("operator", shop))
    expect(other.page.get_by_label("Password")).to_have_count(0)


def test_one_is_led_where_one_wanted_to_go_and_out_again(browse: Browse, shop: Shop) -> None:
    operator, screen = hire("operator", shop), browse()
    screen.go("/admin/exceptions/exceptioncase/?state=mine")
    screen.page.get_by_label("Username").fill(operator.username)
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.press("Sign in")
    assert screen.path == "/admin/exceptions/exceptioncase/?state=mine"
    screen.says("Nothing is assigned to you.")
    sign_out(screen, operator)
    screen.says("If others use this computer, close the browser too.")
    screen.go("/admin/exceptions/exceptioncase/")
    expect(screen.page.get_by_label("Password")).to_be_visible()


def sign_out(screen: Screen, person: User) -> None:
    """By the menu at one's name."""
    screen.page.locator("#nav-sidebar").get_by_text(person.username, exact=True).click()
    screen.page.get_by_role("button", name="Log out").locator("visible=true").click()
    screen.settle()


def test_with_a_phone_the_password_alone_lets_nobody_in(browse: Browse, shop: Shop) -> None:
    operator, screen = hire("operator", shop), browse()
    screen.sign_in(operator)
    screen.go("/admin/two-step/")
    screen.press("Set up")
    expect(screen.page.locator("svg.setup-qr")).to_be_visible()
    screen.page.get_by_label("Code").fill("000000")
    screen.press("Switch on")
    screen.says("Wrong code.")
    screen.page.get_by_label("Code").fill(code_of(operator, step=-1))
    TOTPDevice.objects.filter(user=operator).update(throttling_failure_timestamp=None, throttling_failure_count=0)
    screen.press("Switch on")
    screen.says("Save these recovery codes now")
    recovery = screen.page.locator("#su-codes").inner_text().split()
    screen.press("I have saved them")
    screen.says("10 unused recovery codes")

    phone, paper = browse(), browse()
    phone.sign_in(operator)
    phone.says("One more step for")
    phone.page.get_by_label("Code").fill(code_of(operator))
    phone.press("Sign in")
    assert phone.path == "/admin/"
    paper.sign_in(operator)
    paper.page.get_by_label("Code").fill(recovery[0])
    paper.press("Sign in")
    assert paper.path == "/admin/"
