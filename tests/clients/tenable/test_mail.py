"""Forgotten passwords with the client alone: settings, mail, token and new password all by pyTenable."""

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tenable.errors import BadRequestError, UnauthorizedError
from tenable_people import PASSWORD, connect, fresh_email, sign_in

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parents[1]))

from postbox import Postbox, text_of, token_in, wait_for  # noqa: E402

NEW = "Fr3sh!Marigold-Canyon"
OTHER = "An0ther!Sunflower-Bay"
SUBJECT = "Set a new password"


@pytest.fixture
def make_box():
    made = []

    def make(**options) -> Postbox:
        made.append(Postbox(**options))
        return made[-1]

    yield make
    for box in made:
        box.controller.stop()


@pytest.fixture
def own(make_usher):
    """A server of the test's own: settings are everybody's."""
    return make_usher(demo=False)


def send_by(tie, port: int, **more):
    """Has mail go out by the server at this port, from the next one on."""
    plain = {
        "smtp_server_address": "127.0.0.1",
        "smtp_server_port": port,
        "smtp_account": None,
        "smtp_account_password": None,
        "smtp_use_start_tls": False,
        "tls": False,
        "email_sender": "tie@example.org",
    }
    return tie.application_settings.update(**{**plain, **more})


def make_person(tie, **changes) -> dict:
    fields = {"name": "Ada", "surname": "King", "email": fresh_email(), "password": PASSWORD, "active": True}
    return tie.users.create(**{**fields, **changes})[0]


def anybody(server):
    """The client of somebody who has forgotten all: no key at all opens these two calls."""
    return connect(server, "none")


def test_a_mailed_token_sets_the_password_once(own, make_box):
    tie, box = connect(own), make_box()
    send_by(tie, box.port)
    person = make_person(tie)
    nobody = anybody(own)
    assert nobody.users.create_password(email=person["email"]) is None
    mail = box.to(person["email"], SUBJECT)
    assert (mail["from"], mail["to"]) == ("tie@example.org", person["email"])
    assert "Ada King" in text_of(mail)
    token = token_in(mail)
    assert sign_in(own, person["email"]), "the old password counts until the token is used"
    # A weak password does not use the token up.
    with pytest.raises(BadRequestError):
        nobody.users.retrieve_password(token=token, new_password="short")
    assert nobody.users.retrieve_password(token=token, new_password=NEW) is None
    assert sign_in(own, person["email"], NEW)
    with pytest.raises(UnauthorizedError):
        sign_in(own, person["email"])
    # Once only.
    with pytest.raises(UnauthorizedError) as used:
        nobody.users.retrieve_password(token=token, new_password=OTHER)
    with pytest.raises(UnauthorizedError) as made_up:
        nobody.users.retrieve_password(token="A" * len(token), new_password=OTHER)
    assert used.value.response.text == made_up.value.response.text
    assert sign_in(own, person["email"], NEW)


def test_an_expired_token_sets_nothing(own, make_box):
    tie, box = connect(own), make_box()
    send_by(tie, box.port)
    person = make_person(tie)
    own.native.patch("/settings/lifetimes", {"reset": 1})
    tie.users.create_password(email=person["email"])
    token = token_in(box.to(person["email"], SUBJECT))
    time.sleep(1.2)
    with pytest.raises(UnauthorizedError):
        tie.users.retrieve_password(token=token, new_password=NEW)
    assert sign_in(own, person["email"])


@pytest.mark.parametrize("how", ["own change", "administrator", "newer token", "inactive", "deleted"])
def test_a_token_is_void_after(own, make_box, how):
    tie, box = connect(own), make_box()
    send_by(tie, box.port)
    person = make_person(tie)
    number = str(person["id"])
    session = connect(own, sign_in(own, person["email"]))
    tie.users.create_password(email=person["email"])
    token = token_in(box.to(person["email"], SUBJECT))
    if how == "own change":
        session.users.change_password(old_password=PASSWORD, new_password=OTHER)
    elif how == "administrator":
        tie.users.update(number, password=OTHER)
    elif how == "newer token":
        # An administrator's is mailed at once; one's own not so soon after the last.
        own.native.post(f"/users/{number}/password-reset")
        newer = wait_for(
            lambda: next(iter({token_in(mail) for _, mail in box.mails} - {token}), None), "the newer token"
        )
        tie.users.retrieve_password(token=newer, new_password=OTHER)
    elif how == "inactive":
        tie.users.update(number, active=False)
    else:
        tie.users.delete(number)
    with pytest.raises(UnauthorizedError):
        tie.users.retrieve_password(token=token, new_password=NEW)


def test_changed_settings_count_for_the_next_message(own, make_box):
    tie = connect(own)
    tried = []

    def check(server, session, envelope, mechanism, data):
        from aiosmtpd.smtp import AuthResult

        tried.append((data.login, data.password))
        # Not handled yet: the server is still to say so.
        return AuthResult(success=tried[-1] == (b"door", b"let me out"), handled=False)

    first = make_box()
    second = make_box(authenticator=check, auth_required=True, auth_require_tls=False)
    ada, eve, ira = make_person(tie), make_person(tie), make_person(tie)
    assert send_by(tie, first.port)["smtp_server_port"] == first.port
    tie.users.create_password(email=ada["email"])
    first.to(ada["email"], SUBJECT)
    changed = send_by(
        tie, second.port, smtp_account="door", smtp_account_password="let me out", email_sender="other@example.org"
    )
    assert changed["smtp_account_password"] not in (None, "let me out")
    tie.users.create_password(email=eve["email"])
    mail = second.to(eve["email"], SUBJECT)
    assert mail["from"] == "other@example.org"
    assert tried == [(b"door", b"let me out")]
    assert [to for to, _ in first.mails] == [[ada["email"]]]
    assert [to for to, _ in second.mails] == [[eve["email"]]]
    # Only what is sent changes: the account stays, its password with it.
    tie.application_settings.update(email_sender="third@example.org")
    tie.users.create_password(email=ira["email"])
    assert second.to(ira["email"], SUBJECT)["from"] == "third@example.org"
    assert tried == [(b"door", b"let me out")] * 2


def test_sending_neither_delays_nor_fails_the_request(own, make_box):
    tie = connect(own)
    people = [make_person(tie) for _ in range(4)]

    def asked(email: str) -> float:
        began = time.monotonic()
        answer = tie.post("users/forgotten-password", json={"email": email}, conv_json=False)
        assert (answer.status_code, answer.json()) == (200, None)
        return time.monotonic() - began

    # A server that takes connections and never says a word.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        send_by(tie, silent.getsockname()[1])
        assert asked(people[0]["email"]) < 5
        held, _ = silent.accept()
        assert asked(people[1]["email"]) < 5
        again, _ = silent.accept()
        # One that nobody listens at, and one that refuses for good.
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            send_by(tie, closed.getsockname()[1])
            assert asked(people[2]["email"]) < 5
        refusing = make_box()
        refusing.refusals[people[3]["email"]] = 100
        send_by(tie, refusing.port)
        assert asked(people[3]["email"]) < 5
        wait_for(lambda: refusing.refusals[people[3]["email"]] < 100, "the refusal")
        held.close()
        again.close()
    # All of them but the refused one are tried again, and arrive.
    for person in people[:3]:
        assert token_in(refusing.to(person["email"], SUBJECT))


def test_many_forget_at_once(own, make_box):
    tie, box = connect(own), make_box()
    send_by(tie, box.port)
    people = [make_person(tie) for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: anybody(own).users.create_password(email=one["email"]), people))
    tokens = {person["email"]: token_in(box.to(person["email"], SUBJECT)) for person in people}
    assert len(set(tokens.values())) == len(people)
    # Of many who present one token at the same time, one sets the password.
    email, token = tokens.popitem()

    def retrieve(number: int) -> bool:
        try:
            anybody(own).users.retrieve_password(token=token, new_password=f"{NEW}-{number}")
        except UnauthorizedError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(retrieve, range(6)))
    assert done.count(True) == 1
    assert sign_in(own, email, f"{NEW}-{done.index(True)}")


def test_nobody_else_gets_a_mail(own, make_box):
    tie, box = connect(own), make_box()
    send_by(tie, box.port)
    active, inactive = make_person(tie), make_person(tie, active=False)
    answers = set()
    for email in (inactive["email"], "nobody@example.org", "no address", active["email"].upper()):
        answer = tie.post("users/forgotten-password", json={"email": email}, conv_json=False)
        answers.add((answer.status_code, answer.text))
    assert answers == {(200, "null")}
    box.to(active["email"], SUBJECT)
    # Nor does anybody get a second one right after the first.
    tie.users.create_password(email=active["email"])
    later = make_person(tie)
    tie.users.create_password(email=later["email"])
    box.to(later["email"], SUBJECT)
    assert [to for to, _ in box.mails if to != [later["email"]]] == [[active["email"]]]


def test_without_a_server_mail_is_a_file(own):
    tie = connect(own)
    person = make_person(tie)
    tie.users.create_password(email=person["email"])
    (path,) = wait_for(lambda: list((own.data / "mail").glob("*.eml")), "the file")
    assert person["email"] in path.read_text()
