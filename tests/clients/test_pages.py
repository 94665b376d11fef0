"""The pages behind mailed links in a real browser that runs no scripts."""

import email
import email.policy
import json
import re
import shutil
import time

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PASSWORD = "wooden Harbour at dawn 74"


def program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(f"{names[0]} is missing: `cargo xtask clients` installs it")
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(program("chromedriver")))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def mailed_link(server, address: str) -> str:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for path in (server.data / "mail").glob("*.eml"):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            link = re.search(r"http\S+token=[\w-]+", mail.get_content())
            if mail["to"] == address and link:
                return link.group()
        time.sleep(0.1)
    pytest.fail(f"no link was mailed to {address}")


def field(browser, label: str):
    """The field that assistive software knows by this name."""
    found = [it for it in browser.find_elements(By.CSS_SELECTOR, "input, button") if it.accessible_name == label]
    assert len(found) == 1, f"{len(found)} fields are called {label}"
    return found[0]


def submit(browser, label: str) -> None:
    old = browser.find_element(By.TAG_NAME, "html")
    field(browser, label).click()
    WebDriverWait(browser, 30).until(lambda _: browser.find_element(By.TAG_NAME, "html") != old)


def heading(browser) -> str:
    return WebDriverWait(browser, 30).until(lambda it: it.find_element(By.TAG_NAME, "h1")).text


def test_the_browser_runs_no_scripts(browser):
    browser.get("data:text/html,<title>plain</title><script>document.title='ran'</script>")
    assert browser.title == "plain"


def test_a_person_sets_a_password_by_the_mailed_link(browser, usher, native):
    user = native.post("/users", {"email": "browsing@example.org", "password": "wooden Harbour at noon 75"})
    native.post(f"/users/{user['id']}/password-reset")
    link = mailed_link(usher, user["email"])
    browser.get(link)
    assert heading(browser) == "Set a new password" and browser.title == "Set a new password – Usher"
    # A password that is too short is complained of, and the form is there still.
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys("short")
    submit(browser, "Set password")
    alert = browser.find_element(By.CSS_SELECTOR, "[role=alert]")
    assert alert.is_displayed() and "too short" in alert.text
    assert "token" not in browser.current_url
    # The page says so first of all, and the summary leads to the field.
    assert browser.title == "Error: Set a new password – Usher"
    alert.find_element(By.TAG_NAME, "a").click()
    assert browser.switch_to.active_element == field(browser, "New password")
    assert field(browser, "New password").get_attribute("aria-invalid") == "true"
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys(PASSWORD)
    submit(browser, "Set password")
    assert heading(browser) == "Your password is set"
    native.post("/sign-in", {"login": user["email"], "password": PASSWORD})
    # The link is used up.
    browser.get(link)
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys(PASSWORD + "6")
    submit(browser, "Set password")
    assert heading(browser) == "This link no longer works"
    browser.find_element(By.LINK_TEXT, "Ask for a new password").click()
    assert heading(browser) == "Ask for a new password"


def test_going_back_and_pressing_twice_set_the_password_once(browser, usher, native):
    user = native.post("/users", {"email": "back@example.org", "password": "wooden Harbour at noon 77"})
    native.post(f"/users/{user['id']}/password-reset")
    link = mailed_link(usher, user["email"])
    browser.get(link)
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys(PASSWORD)
    submit(browser, "Set password")
    assert heading(browser) == "Your password is set"
    # The form may be there still; sending it again is refused, and changes nothing.
    browser.back()
    assert heading(browser) == "Set a new password"
    for label in ("New password", "The same once more"):
        field(browser, label).clear()
        field(browser, label).send_keys(PASSWORD + "6")
    submit(browser, "Set password")
    assert heading(browser) == "This link no longer works"
    assert "by you a moment ago" in browser.find_element(By.TAG_NAME, "main").text
    native.post("/sign-in", {"login": user["email"], "password": PASSWORD})


def test_pages_say_what_administrators_have_set(browser, make_usher):
    server = make_usher()
    server.native.patch("/settings/passwords", {"minimum": 20})
    server.native.patch("/settings/public", {"title": "People <& Co>"})
    browser.get(f"{server.url}/account/reset?token=x")
    assert browser.title == "Set a new password – People <& Co>"
    assert browser.find_element(By.TAG_NAME, "header").text == "People <& Co>"
    assert "at least 20 characters" in browser.find_element(By.ID, "text").text


def test_the_keyboard_alone_sets_a_password(browser, usher, native):
    user = native.post("/users", {"email": "typing@example.org", "password": "wooden Harbour at noon 78"})
    native.post(f"/users/{user['id']}/password-reset")
    browser.get(mailed_link(usher, user["email"]))
    for label in ("New password", "The same once more"):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        assert browser.switch_to.active_element == field(browser, label)
        browser.switch_to.active_element.send_keys(PASSWORD)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element == field(browser, "Set password")
    old = browser.find_element(By.TAG_NAME, "html")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 30).until(lambda _: browser.find_element(By.TAG_NAME, "html") != old)
    assert heading(browser) == "Your password is set"


def test_a_person_asks_for_a_link(browser, usher, native):
    user = native.post("/users", {"email": "asking@example.org", "password": "wooden Harbour at noon 76"})
    browser.get(f"{usher.url}/account/forgot")
    field(browser, "Login or e-mail address").send_keys(user["email"])
    submit(browser, "Send the link")
    assert heading(browser) == "Look into your mail"
    assert "/account/reset?token=" in mailed_link(usher, user["email"])


def test_a_person_activates_an_account(browser, usher, native):
    address = "activating@example.org"
    native.post("/users", {"email": address, "mail": "activation"})
    link = mailed_link(usher, address)
    assert "/account/activate?" in link
    browser.get(link)
    assert heading(browser) == "Activate your account" and browser.title == "Activate your account – Usher"
    field(browser, "New password").send_keys(PASSWORD)
    field(browser, "The same once more").send_keys(PASSWORD + "6")
    submit(browser, "Set password")
    assert "differ" in browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys(PASSWORD)
    submit(browser, "Set password")
    assert heading(browser) == "Your password is set"
    native.post("/sign-in", {"login": address, "password": PASSWORD})


def test_a_person_confirms_an_address(browser, usher, native, make_native):
    old, new = "confirming@example.org", "confirmed@example.org"
    user = native.post("/users", {"email": old, "password": PASSWORD})
    session = make_native(native.post("/sign-in", {"login": old, "password": PASSWORD})["token"])
    changed = PASSWORD + " again"
    session.put("/me/password", {"current_password": PASSWORD, "password": changed})
    session.put("/me/email", {"email": new, "current_password": changed})
    link = mailed_link(usher, new)
    browser.get(link)
    assert heading(browser) == "Confirm your address" and browser.title == "Confirm your address – Usher"
    assert native.get(f"/users/{user['id']}")["email"] == old
    submit(browser, "Confirm")
    assert heading(browser) == "Your address is confirmed"
    assert native.get(f"/users/{user['id']}")["email"] == new
    # Once only.
    browser.get(link)
    submit(browser, "Confirm")
    assert heading(browser) == "This link no longer works"


def test_every_page_speaks_its_language_and_names_its_fields(browser, usher):
    for path in ("reset?token=x", "activate?token=x", "confirm?token=x", "forgot"):
        browser.get(f"{usher.url}/account/{path}")
        assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
        assert len(browser.find_elements(By.TAG_NAME, "h1")) == len(browser.find_elements(By.TAG_NAME, "main")) == 1
        assert browser.title == f"{heading(browser)} – Usher"
        inputs = browser.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), button")
        assert inputs and all(it.accessible_name for it in inputs), path
        names = [it.accessible_name for it in inputs]
        assert len(names) == len(set(names))
        described = [it.get_attribute("aria-describedby") for it in inputs if it.tag_name == "input"]
        for ids in described:
            assert all(browser.find_element(By.ID, one).text for one in ids.split())
        assert browser.find_elements(By.TAG_NAME, "script") == []


def test_the_browser_tells_nobody_the_token(browser, usher):
    browser.get("about:blank")
    browser.get_log("performance")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    token = "T0ken-that-nobody-else-may-see"
    browser.get(f"{usher.url}/account/reset?token={token}")
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys(PASSWORD)
    submit(browser, "Set password")
    assert heading(browser) == "This link no longer works"
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = [it["params"]["request"] for it in events if it["method"] == "Network.requestWillBeSent"]
    assert any(it["url"].endswith("/account/style.css") for it in requests)
    sent = [it["params"]["headers"] for it in events if it["method"] == "Network.requestWillBeSentExtraInfo"]
    assert len(sent) >= 3
    for headers in [it["headers"] for it in requests] + sent:
        assert not headers.get("Referer") and not headers.get("referer"), headers
        assert headers.get("Origin", "null") in ("null", usher.url)
    # It is in the address of the first page alone.
    assert [it["url"] for it in requests if token in it["url"]] == [f"{usher.url}/account/reset?token={token}"]
