"""The pages behind mailed links in a real browser that runs no scripts."""

import email
import email.policy
import re
import shutil
import time

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
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
    assert heading(browser) == browser.title == "Set a new password"
    # A password that is too short is complained of, and the form is there still.
    for label in ("New password", "The same once more"):
        field(browser, label).send_keys("short")
    submit(browser, "Set password")
    alert = browser.find_element(By.CSS_SELECTOR, "[role=alert]")
    assert alert.is_displayed() and "too short" in alert.text
    assert "token" not in browser.current_url
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


def test_a_person_asks_for_a_link(browser, usher, native):
    user = native.post("/users", {"email": "asking@example.org", "password": "wooden Harbour at noon 76"})
    browser.get(f"{usher.url}/account/forgot")
    field(browser, "Login or e-mail address").send_keys(user["email"])
    submit(browser, "Send the link")
    assert heading(browser) == "Look into your mail"
    assert "/account/reset?token=" in mailed_link(usher, user["email"])
