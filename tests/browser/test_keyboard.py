"""Without a mouse: from the sign-in page to a decided case with Tab, Enter, Space, arrows and typing alone."""

from typing import Final

from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.conftest import Shop
from tests.scenes.staff import PASSWORD, hire

_MOST_STOPS: Final = 120
#: Whether one can see where one is: something of the element, or of the label it belongs to, looks different from
#: when it is not focused. A box of no size shows nothing, unless its label does.
_IS_SEEN: Final = """() => {
    const here = document.activeElement;
    const label = here.labels?.[0] ?? here.closest("label");
    const parts = [here, label, label?.nextElementSibling, here.nextElementSibling, here.parentElement].filter(Boolean);
    const looks = () => parts.map((part) => {
        const style = getComputedStyle(part);
        return [style.outline, style.boxShadow, style.border, style.backgroundColor, style.textDecoration].join();
    }).join("|");
    const box = here.getBoundingClientRect();
    const shown = label && box.width < 3 ? label.getBoundingClientRect() : box;
    const inside = shown.bottom > 0 && shown.top < innerHeight && shown.width > 2 && shown.height > 2;
    const focused = looks();
    here.blur();
    const blurred = looks();
    here.focus({focusVisible: true, preventScroll: true});
    return {different: focused !== blurred, inside, html: here.outerHTML.slice(0, 160)};
}"""


def walk_to(screen: Screen, selector: str) -> None:
    """Press Tab until the element has the focus, which must be visible at every stop."""
    for _ in range(_MOST_STOPS):
        screen.page.keyboard.press("Tab")
        if screen.page.evaluate("document.activeElement === document.body"):
            continue
        seen = screen.page.evaluate(_IS_SEEN)
        assert seen["different"], f"focus does not show on {seen['html']} at {screen.path}"
        assert seen["inside"], f"focus is out of sight on {seen['html']} at {screen.path}"
        if screen.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab at {screen.path}")


def enter(screen: Screen) -> None:
    """Enter leads to another page."""
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    screen.settle()


def test_from_the_sign_in_page_to_a_decided_case_by_keyboard_alone(browse: Browse, shop: Shop) -> None:
    scenes.conflict(shop, "evt-keys")
    operator, screen = hire("operator", shop), browse()
    keys = screen.page.keyboard
    screen.go("/admin/exceptions/exceptioncase/")
    if not screen.page.evaluate("document.activeElement.matches('[name=username]')"):
        walk_to(screen, "[name=username]")
    keys.type(operator.username)
    walk_to(screen, "[name=password]")
    keys.type(PASSWORD)
    enter(screen)

    walk_to(screen, "#rv-q")
    keys.type("evt-keys")
    enter(screen)
    walk_to(screen, "[data-rv-row]")
    enter(screen)
    walk_to(screen, "[data-rv-form] [name=chosen]")
    # Within the choice of a version, arrows move and choose.
    keys.press("Space")
    keys.press("ArrowDown")
    chosen = screen.page.locator("[name=chosen]:checked")
    assert chosen.get_attribute("value") == screen.page.locator("[name=chosen]").last.get_attribute("value")
    walk_to(screen, "[data-rv-form] [name=notes]")
    keys.type("Decided without a mouse.")
    walk_to(screen, "[data-rv-form] button[value=preview]")
    keys.press("Space")  # stays where one is, and shows it there
    screen.says("This would be posted.")
    walk_to(screen, "[data-rv-form] button[value=replay]")
    enter(screen)
    screen.says("Resolved: the chosen version is posted.", "Decided without a mouse.")
    assert scenes.decided(shop) == [(f"user:{operator.username}", "override_and_replay")]

    walk_to(screen, ".ls-account")
    keys.press("Space")
    walk_to(screen, "#logout-form button")
    enter(screen)
    screen.says("You are signed out of")
