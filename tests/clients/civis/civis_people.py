"""How the tests get at the vendor's client, and what they make with it."""

from __future__ import annotations

import itertools
import os
import time
from contextlib import contextmanager

import civis

numbers = itertools.count(1)
RELEASE = tuple(int(part) for part in civis.__version__.split(".")[:2])


@contextmanager
def environment(**variables):
    """Variables of the environment, for as long as the block runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def connect(server, key: str | None = None, **options) -> civis.APIClient:
    """The client as a script makes it: address and key from the environment."""
    variables = {
        "CIVIS_API_ENDPOINT": server.env["CIVIS_API_ENDPOINT"],
        "CIVIS_API_KEY": key or server.env["CIVIS_API_KEY"],
    }
    with environment(**variables):
        return civis.APIClient(**options)


def word(start: str = "user") -> str:
    """A word that nobody has used yet."""
    return f"{start}{next(numbers)}"


def group_named(client, name: str):
    """The group of exactly that name."""
    found = [group for group in client.groups.list(query=name, limit=1000) if group.name == name]
    assert len(found) == 1, (name, found)
    return found[0]


def make_user(client, group_id: int, **fields):
    """A user in a group, with a login of their own."""
    login = fields.pop("user", None) or word()
    name = fields.pop("name", "Wanda Wire")
    email = fields.pop("email", f"{login}@civis.example.org")
    return client.users.post(name, email, group_id, login, **fields)


def key_of(client, user_id: int, **fields) -> str:
    """The token of a new key of a user."""
    return client.users.post_api_keys(user_id, 3600, word("key"), **fields).token


def endless_key(native, user_id: int) -> str:
    """A key without an end or any other limit, which this platform itself does not make."""
    return native.post(f"/users/{user_id}/keys", {"name": word("key")})["secret"]


def refused(call, status: int, text: str = ""):
    """The error that a call raises, by the client's own exception."""
    try:
        answer = call()
    except civis.base.CivisAPIError as error:
        assert error.status_code == status, error
        assert text in str(error), error
        body = error._response.json()
        assert set(body) == {"error", "errorDescription", "code"}, body
        assert body["code"] == status
        return error
    raise AssertionError(f"was not refused: {answer}")


def wait_for(condition, seconds: float = 10.0) -> None:
    """Waits until something is so that comes about in the background."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)
