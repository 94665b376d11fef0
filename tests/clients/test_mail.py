"""Mail through a real SMTP server, and the pages behind its links as a browser's forms send them."""

import email
import email.policy
import html.parser
import itertools
import os
import socket
import ssl
import stat
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
import trustme
from aiosmtpd.smtp import AuthResult

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parent))

from postbox import NO_SERVER, WITHIN, Postbox, link_in, text_of, token_in, wait_for  # noqa: E402

FIRST = "first wooden Harbour 71"
SECOND = "second wooden Harbour 72"
THIRD = "third wooden Harbour 73"

_numbers = itertools.count(1)


@pytest.fixture
def make_postbox():
    made = []

    def make(**options) -> Postbox:
        made.append(Postbox(**options))
        return made[-1]

    yield make
    for postbox in made:
        postbox.controller.stop()


@pytest.fixture
def settings(native):
    """Changes settings of the shared server, and puts them back."""
    lifetimes = native.get("/settings/lifetimes")
    yield lambda name, **change: native.patch(f"/settings/{name}", change)
    native.patch("/settings/mail", NO_SERVER)
    changed = native.get("/settings/mail_templates")
    native.patch("/settings/mail_templates", dict.fromkeys(changed))
    native.patch("/settings/lifetimes", lifetimes)


@pytest.fixture
def postbox(make_postbox, settings):
    """A plain mail server that the shared server knows."""
    box = make_postbox()
    settings("mail", **box.settings())
    return box


def person(native, password: str | None = FIRST) -> dict:
    address = f"mailed{next(_numbers)}@example.org"
    return native.post("/users", {"email": address, "display_name": "Ada King", "password": password})


def signs_in(server, address: str, password: str) -> bool:
    body = {"login": address, "password": password}
    answer = requests.post(f"{server.url}/api/v1/sign-in", json=body, timeout=30)
    assert answer.ok or answer.status_code == 401, answer.text
    return answer.ok


def reset_link(native, postbox, user: dict) -> str:
    # The mail of an earlier request is not taken for this one's.
    earlier = len(postbox.all_to(user["email"], "Set a new password"))
    native.post(f"/users/{user['id']}/password-reset")
    return link_in(postbox.to(user["email"], "Set a new password", beside=earlier))


class Form(html.parser.HTMLParser):
    """The form of a page, sent as a browser sends it."""

    def __init__(self, page: requests.Response):
        super().__init__()
        self.page, self.action, self.values, self.inputs = page, None, {}, []
        self.feed(page.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            assert attributes["method"] == "post"
            self.action = requests.compat.urljoin(self.page.url, attributes["action"])
        if tag == "input":
            self.inputs.append(attributes["name"])
            self.values[attributes["name"]] = attributes.get("value", "")

    def send(self, **filled) -> requests.Response:
        assert filled.keys() <= set(self.inputs), self.inputs
        return requests.post(self.action, data={**self.values, **filled}, timeout=30)


def opened(link: str) -> Form:
    page = requests.get(link, timeout=30)
    assert page.status_code == 200, page.text
    return Form(page)


def choose(link: str, password: str) -> requests.Response:
    return opened(link).send(password=password, again=password)


def seen(answer: requests.Response) -> tuple:
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "date", "X-Request-Id", "x-request-id")}
    return answer.status_code, headers, answer.text


def test_a_mailed_link_sets_the_password_once(usher, native, postbox):
    user = person(native)
    native.post(f"/users/{user['id']}/password-reset")
    mail = postbox.to(user["email"], "Set a new password")
    assert (mail["from"], mail["to"]) == ("door@example.org", user["email"])
    assert mail.get_content_type() == "text/plain" and "Ada King" in text_of(mail)
    link = link_in(mail)
    assert link.startswith(f"{usher.url}/account/reset?token=")
    assert signs_in(usher, user["email"], FIRST), "the old one counts until the link is used"
    done = choose(link, SECOND)
    assert done.status_code == 200 and "Your password is set" in done.text
    assert signs_in(usher, user["email"], SECOND) and not signs_in(usher, user["email"], FIRST)
    used = choose(link, THIRD)
    assert used.status_code == 400 and "no longer works" in used.text
    assert signs_in(usher, user["email"], SECOND)


def test_used_expired_and_made_up_tokens_are_answered_alike(usher, native, postbox, settings):
    user = person(native)
    used = reset_link(native, postbox, user)
    assert choose(used, SECOND).status_code == 200
    other = person(native)
    settings("lifetimes", reset=1)
    expired = reset_link(native, postbox, other)
    time.sleep(1.2)
    made_up = used.partition("=")[0] + "=" + "A" * 43
    answers = [seen(choose(link, THIRD)) for link in (used, expired, made_up)]
    assert answers[0][0] == 400 and answers[0] == answers[1] == answers[2]
    assert signs_in(usher, other["email"], FIRST)


def test_a_weak_password_does_not_use_the_link_up(usher, native, postbox):
    user = person(native)
    link = reset_link(native, postbox, user)
    short = choose(link, "short")
    assert short.status_code == 400 and 'role="alert"' in short.text and "too short" in short.text
    differing = Form(short).send(password=SECOND, again=THIRD)
    assert differing.status_code == 400 and "differ" in differing.text
    # The page that complains has the form still, token and all.
    assert Form(differing).send(password=SECOND, again=SECOND).status_code == 200
    assert signs_in(usher, user["email"], SECOND)


def test_an_activation_link_sets_the_first_password(usher, native, postbox):
    address = f"activated{next(_numbers)}@example.org"
    native.post("/users", {"email": address, "mail": "activation"})
    link = link_in(postbox.to(address, "Your account"))
    assert "/account/activate?" in link
    assert choose(link, FIRST).status_code == 200
    assert signs_in(usher, address, FIRST)


def test_settings_count_for_the_next_mail(usher, native, make_postbox, settings):
    boxes, people = [make_postbox(), make_postbox()], []
    for number, box in enumerate(boxes):
        settings("mail", **box.settings(sender=f"sender{number}@example.org"))
        user = person(native)
        people.append(user["email"])
        reset_link(native, box, user)
        mail = box.to(user["email"], "Set a new password")
        assert mail["from"] == f"sender{number}@example.org"
    got = [[to for (to,), _ in box.mails if to in people] for box in boxes]
    assert got == [people[:1], people[1:]]


def test_links_stand_under_the_public_address(make_usher):
    """What the server was started with, else what its administrators say, else where it listens."""

    def mailed(server) -> tuple[str, str]:
        user = person(server.native)
        server.native.post(f"/users/{user['id']}/password-reset")
        mail = wait_for(
            lambda: next(
                (mail for mail in map(read, (server.data / "mail").glob("*.eml")) if mail["to"] == user["email"]), None
            ),
            "the file",
        )
        return link_in(mail).partition("/account/reset?token=")[0], mail["subject"]

    def read(path):
        return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)

    free = make_usher()
    for said, name, address in [
        ("https://people.example.org/usher/", "People & Co", "https://people.example.org/usher"),
        ("", "", free.url),
        (None, None, free.url),
    ]:
        free.native.patch("/settings/public", {"url": said, "title": name})
        assert mailed(free) == (address, f"Set a new password at {name or 'Usher'}")
    bound = make_usher(args=["--public-url", "https://stated.example.org"])
    bound.native.patch("/settings/public", {"url": "https://people.example.org"})
    assert mailed(bound)[0] == "https://stated.example.org"


def test_with_a_login(native, make_postbox, settings):
    tried = []

    def check(server, session, envelope, mechanism, data):
        tried.append((data.login, data.password))
        right = tried[-1] == (b"door", b"let me out")
        # Not handled yet: the server is still to say so.
        return AuthResult(success=right, handled=False)

    box = make_postbox(authenticator=check, auth_required=True, auth_require_tls=False)
    settings("mail", **box.settings(account="door", password="let me out"))
    reset_link(native, box, person(native))
    assert box.connections[-1]["login"] is True and tried[-1] == (b"door", b"let me out")
    kept = len(box.mails)
    settings("mail", password="wrong")
    user = person(native)
    native.post(f"/users/{user['id']}/password-reset")
    failed = wait_for(lambda: entry_of(native, user)["last_error"], "the refusal")
    assert tried[-1] == (b"door", b"wrong") and len(box.mails) == kept
    assert "wrong" not in failed


def entry_of(native, user: dict) -> dict:
    """What became of the newest mail to somebody."""
    mails = native.get("/mails", limit=100, sort="-number")["items"]
    return next(mail for mail in mails if mail["user"] == user["number"])


def test_a_refused_mail_is_sent_later(native, postbox):
    user = person(native)
    postbox.refusals[user["email"]] = 1
    native.post(f"/users/{user['id']}/password-reset")
    waiting = wait_for(lambda: (e := entry_of(native, user))["last_error"] and e, "the refusal")
    assert waiting["state"] == "waiting" and "451" in waiting["last_error"] or "not now" in waiting["last_error"]
    postbox.to(user["email"], "Set a new password")
    sent = wait_for(lambda: (e := entry_of(native, user))["state"] == "sent" and e, "its being sent")
    assert sent["attempts"] == 2


def test_a_mail_whose_answer_was_lost_comes_again_under_one_id(native, postbox):
    user = person(native)
    postbox.hang_ups = 1
    link = reset_link(native, postbox, user)
    ((first,), again) = postbox.cut_off, postbox.to(user["email"], "Set a new password")
    assert first["message-id"] == again["message-id"] and link_in(first) == link
    sent = wait_for(lambda: (e := entry_of(native, user))["state"] == "sent" and e, "its being sent")
    assert sent["attempts"] == 2


def test_a_mail_refused_for_good_is_given_up(usher, native, postbox):
    user = person(native)
    postbox.refusals[user["email"]] = 5
    postbox.refusal = f"550 5.1.1 <{user['email']}>: nobody of that name"
    native.post(f"/users/{user['id']}/password-reset")
    given_up = wait_for(lambda: (e := entry_of(native, user))["state"] == "failed" and e, "its being given up")
    assert given_up["attempts"] == 1 and "nobody of that name" in given_up["last_error"]
    assert user["email"] not in given_up["last_error"] and user["email"] not in usher.stderr()
    assert postbox.refusals[user["email"]] == 4


def test_a_mail_whose_link_is_out_of_time_is_not_sent(native, postbox, settings):
    settings("lifetimes", reset=1)
    user = person(native)
    postbox.refusals[user["email"]] = 1
    native.post(f"/users/{user['id']}/password-reset")
    given_up = wait_for(lambda: (e := entry_of(native, user))["state"] == "failed" and e, "its being given up")
    assert given_up["attempts"] == 2 and "out of time" in given_up["last_error"]
    assert [user["email"]] not in [to for to, _ in postbox.mails]


class Silence:
    """A server that takes connections and never says a word."""

    def __init__(self):
        self.held = []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.socket.settimeout(WITHIN)
        self.port = self.socket.getsockname()[1]

    def settings(self) -> dict:
        return {**NO_SERVER, "server": "127.0.0.1", "port": self.port, "start_tls": False}

    def hold(self, timeout: float = WITHIN) -> None:
        self.socket.settimeout(timeout)
        self.held.append(self.socket.accept()[0])

    def hang_up(self) -> None:
        self.socket.close()
        for connection in self.held:
            connection.close()


@pytest.fixture
def silence():
    silence = Silence()
    yield silence
    silence.hang_up()


def test_a_server_that_hangs_delays_no_request(make_usher, silence):
    server = make_usher()
    server.native.patch("/settings/mail", silence.settings())
    user = person(server.native)
    # Of the two, the second is asked for while the worker waits for the server's greeting.
    server.native.post(f"/users/{user['id']}/password-reset")
    silence.hold()
    began = time.monotonic()
    server.native.post(f"/users/{user['id']}/password-reset")
    assert time.monotonic() - began < 5
    assert entry_of(server.native, user)["state"] == "waiting"


def test_a_server_that_hangs_holds_up_no_other_mail(make_usher, make_postbox, silence):
    server, box = make_usher(), make_postbox()
    native = server.native
    native.patch("/settings/mail", silence.settings())
    stuck = [person(native) for _ in range(6)]
    for user in stuck:
        native.post(f"/users/{user['id']}/password-reset")
    began = time.monotonic()
    for _ in stuck:
        silence.hold()
    # Settings that change now count for the next mail, which does not wait for those under way.
    native.patch("/settings/mail", box.settings())
    reset_link(native, box, person(native))
    assert time.monotonic() - began < 15, "one after the other it would have been half a minute for each"
    assert {entry_of(native, user)["state"] for user in stuck} == {"waiting"}
    # Once the server hangs up they are tried again, and each arrives once.
    silence.hang_up()
    for user in stuck:
        wait_for(lambda user=user: entry_of(native, user)["state"] == "sent", "its being sent")
    got = sorted(to for (to,), _ in box.mails if to in {user["email"] for user in stuck})
    assert got == sorted(user["email"] for user in stuck)


def test_a_stop_waits_for_no_server_that_hangs(make_usher, silence):
    server = make_usher()
    server.native.patch("/settings/mail", silence.settings())
    for _ in range(3):
        server.native.post(f"/users/{person(server.native)['id']}/password-reset")
        silence.hold()
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 10
    assert "mails under way were cut off" in server.stderr()


def test_only_so_many_mails_are_sent_at_once(make_usher, silence):
    server = make_usher()
    native = server.native
    native.patch("/settings/mail", silence.settings())
    user = person(native)
    many = 24
    for _ in range(many):
        native.post("/mails", {"to": [user["id"]], "subject": "Hello", "body": "Hello"})
    for _ in range(16):
        silence.hold()
    with pytest.raises(TimeoutError):
        silence.hold(timeout=1.5)
    # Those that had to wait were not claimed: their first try is still to come.
    tries = [mail["attempts"] for mail in native.get("/mails", limit=100)["items"]]
    assert (len(tries), tries.count(1), tries.count(0)) == (many, 16, many - 16)


def test_without_a_server_mails_are_files_for_the_owner_alone(usher, native, settings):
    user = person(native)
    native.post(f"/users/{user['id']}/password-reset")
    wait_for(lambda: entry_of(native, user)["state"] == "filed", "the file")
    files = {path: email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in (usher.data / "mail").glob("*.eml")}
    (path,) = [path for path, mail in files.items() if mail["to"] == user["email"]]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert choose(link_in(files[path]), SECOND).status_code == 200


def test_the_page_for_a_forgotten_password_tells_nobody_who_is_here(usher, native, postbox):
    user = person(native)
    form = opened(f"{usher.url}/account/forgot")
    answers = [seen(form.send(name=name)) for name in (user["email"], "nobody@example.org", "no address at all")]
    assert answers[0][0] == 200 and answers[0] == answers[1] == answers[2]
    assert choose(link_in(postbox.to(user["email"], "Set a new password")), SECOND).status_code == 200
    assert ["nobody@example.org"] not in [to for to, _ in postbox.mails]


def test_a_form_that_is_too_large_is_not_read(usher, native, postbox):
    user = person(native)
    link = reset_link(native, postbox, user)
    answer = choose(link, "x" * 70_000)
    assert answer.status_code == 413 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Nothing was changed" in answer.text and answer.headers["X-Frame-Options"] == "DENY"
    # A password that is only too long is complained of, and the link is good still.
    long = choose(link, "x" * 2_000)
    assert long.status_code == 400 and "at most 1024 characters" in long.text
    assert choose(link, SECOND).status_code == 200


def test_a_page_asked_for_too_often_says_when_to_come_back(make_usher):
    server = make_usher()
    form = opened(f"{server.url}/account/forgot")
    answers = [form.send(name="nobody@example.org") for _ in range(130)]
    slowed = [answer for answer in answers if answer.status_code != 200]
    assert slowed and {answer.status_code for answer in slowed} == {429}
    assert "Please try again later" in slowed[0].text and int(slowed[0].headers["Retry-After"]) > 0


def test_behind_a_proxy_each_asks_for_themselves(make_usher):
    """The brake and the audit trail know the one who asks and not the proxy, which everybody shares."""
    server = make_usher(args=["--proxies", "127.0.0.0/8"])
    user = person(server.native)
    form = opened(f"{server.url}/account/forgot")

    def ask(name: str, address: str):
        return requests.post(
            form.action, data={"name": name}, headers={"X-Forwarded-For": address, "User-Agent": "browser"}, timeout=30
        )

    answers = [ask("nobody@example.org", "203.0.113.5").status_code for _ in range(130)]
    assert set(answers) == {200, 429}
    answer = ask(user["email"], "203.0.113.6")
    assert answer.status_code == 200
    asked = [one for one in server.native.all("/events", limit=500) if one["entity_number"] == user["number"]][-1]
    told = asked["verb"], asked["address"], asked["request_id"]
    assert told == ("password.reset_requested", "203.0.113.6", answer.headers["X-Request-Id"])


def test_notices_go_to_the_address_that_was(usher, native, postbox):
    user = person(native)
    native.put(f"/users/{user['id']}/password", {"password": SECOND, "must_change_password": False})
    assert "has just been changed" in text_of(postbox.to(user["email"], "Your password"))
    new = f"moved-{user['email']}"
    native.patch(f"/users/{user['id']}", {"email": new})
    assert "last mail" in text_of(postbox.to(user["email"], "Your address"))
    assert [new] not in [to for to, _ in postbox.mails]


def test_an_address_of_ones_own_choice_is_confirmed_by_a_link(usher, native, make_native, postbox):
    user = person(native)
    body = {"login": user["email"], "password": FIRST}
    session = make_native(native.post("/sign-in", body)["token"])
    new = f"confirmed-{user['email']}"
    session.put("/me/password", {"current_password": FIRST, "password": SECOND})
    session.put("/me/email", {"email": new, "current_password": SECOND})
    link = link_in(postbox.to(new, "Confirm your address"))
    form = opened(link)
    assert native.get(f"/users/{user['id']}")["email"] == user["email"], "opening the page changes nothing"
    assert form.send().status_code == 200
    assert native.get(f"/users/{user['id']}")["email"] == new
    postbox.to(user["email"], "Your address")
    assert form.send().status_code == 400, "the link works once"


def test_no_token_is_in_the_log_or_goes_on_as_a_referrer(make_usher, make_postbox):
    server, box = make_usher(env={"USHER_LOG_FILTER": "trace"}), make_postbox()
    native = server.native
    native.patch("/settings/mail", box.settings())
    user = person(native)
    tokens = []
    for password in (SECOND, "short"):
        link = reset_link(native, box, user)
        tokens.append(link.partition("token=")[2])
        assert len(tokens[-1]) > 30
        page = requests.get(link, timeout=30)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        choose(link, password)
    box.refusals[user["email"]] = 5
    native.post(f"/users/{user['id']}/password-reset")
    wait_for(lambda: entry_of(native, user)["last_error"], "the refusal")
    assert server.stop() == 0
    log = server.stderr()
    assert "a mail was not sent" in log, "looked in the wrong place"
    for secret in (*tokens, SECOND):
        assert secret not in log


def test_the_owner_of_a_key_is_told_before_it_ends_and_once(make_usher, make_postbox):
    server, box = make_usher(), make_postbox()
    native = server.native
    native.patch("/settings/mail", box.settings())
    assert native.get("/settings/notices") == {"key_expiry_days": [14, 3]}
    native.patch("/settings/notices", {"key_expiry_days": [1]})
    user = person(native)
    ends = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1, seconds=3)
    end = ends.isoformat().replace("+00:00", "Z")
    key = native.post(f"/users/{user['id']}/keys", {"name": "night job", "expires_at": end})

    def restart():
        # Keys are looked for at the start, and hourly.
        assert server.stop() == 0
        server.start()
        return server.native

    wait_for(lambda: datetime.now(timezone.utc) > ends - timedelta(days=1), "the last day of the key")
    native = restart()
    mail = box.to(user["email"], "ends soon")
    text = text_of(mail)
    assert "Ada King" in text and "night job" in text and user["email"] in text and end[:10] + " " + end[11:19] in text
    assert key["secret"] not in text and key["hint"] in text
    event = wait_for(lambda: native.get("/events", verb="key.expiring")["items"], "the event")
    assert [(one["entity"], one["entity_number"]) for one in event] == [("key", key["number"])]
    native = restart()
    assert native.post(f"/users/{user['id']}/password-reset") is not None
    box.to(user["email"], "Set a new password")
    assert len(box.all_to(user["email"], "ends soon")) == 1


@pytest.mark.parametrize("way", ["start_tls", "tls"])
def test_encrypted_with_an_authority_of_ones_own(make_usher, make_postbox, tmp_path, way):
    authority, stranger = trustme.CA(), trustme.CA()
    # A file may hold several.
    (tmp_path / "ca.pem").write_bytes(stranger.cert_pem.bytes() + authority.cert_pem.bytes())

    def box(issuer, name: str) -> Postbox:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issuer.issue_cert(name).configure_cert(context)
        if way == "tls":
            return make_postbox(ssl_context=context)
        return make_postbox(tls_context=context, require_starttls=True)

    good = box(authority, "127.0.0.1")
    server = make_usher(args=["--mail-ca-file", tmp_path / "ca.pem"])
    native = server.native
    encrypted = {"start_tls": way == "start_tls", "tls": way == "tls"}
    native.patch("/settings/mail", good.settings(**encrypted))
    reset_link(native, good, person(native))
    assert good.connections[-1]["tls"] or way == "tls"
    for issuer, name in ((trustme.CA(), "127.0.0.1"), (authority, "mail.example.org")):
        bad = box(issuer, name)
        native.patch("/settings/mail", bad.settings(**encrypted))
        user = person(native)
        native.post(f"/users/{user['id']}/password-reset")
        failed = wait_for(lambda: entry_of(native, user)["last_error"], "the refusal")
        assert "certificate" in failed.lower() and bad.mails == []
    if way == "start_tls":
        # A server that offers none gets no mail in the clear.
        bare = make_postbox()
        native.patch("/settings/mail", bare.settings(**encrypted))
        user = person(native)
        native.post(f"/users/{user['id']}/password-reset")
        wait_for(lambda: entry_of(native, user)["last_error"], "the refusal")
        assert bare.mails == []


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_authorities_that_cannot_be_read_end_the_start(make_usher, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RuntimeError, match="mail.ca_file: .*ca.pem"):
        make_usher(args=["--mail-ca-file", path])


def test_a_changed_template_with_html_has_a_plain_part_too(native, postbox, settings):
    own = {"subject": "New password, {{ name }}", "text": "Here: {{ link }}", "html": "<p>{{ name }}: <a href='{{ link }}'>here</a></p>"}
    settings("mail_templates", password_reset=own)
    assert native.get("/settings/mail_templates")["password_reset"] == own
    user = native.post("/users", {"email": f"html{next(_numbers)}@example.org", "display_name": "Ada <King>", "password": FIRST})
    native.post(f"/users/{user['id']}/password-reset")
    mail = postbox.to(user["email"], "New password, Ada <King>")
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "/account/reset?token=" in text_of(mail) and text_of(mail).startswith("Here: ")
    marked = mail.get_body(("html",)).get_content()
    assert "Ada &lt;King&gt;: <a href=" in marked and token_in(mail) in marked
    settings("mail_templates", password_reset=None)
    assert "password_reset" not in native.get("/settings/mail_templates")


def test_a_template_that_does_not_parse_is_refused(native):
    broken = {"password_reset": {"subject": "S", "text": "Hello\n{% if name %}"}}
    answer = native.patch("/settings/mail_templates", broken, status=422)
    assert answer["field"] == "password_reset.text" and "does not parse" in answer["detail"], answer
    assert native.get("/settings/mail_templates") == {}
