"""How the tests get at the vendor's client, addresses and keys."""

from __future__ import annotations

import itertools

from tenable.ie import TenableIE
from tenable.ie.about import AboutAPI
from tenable.ie.api_keys import APIKeyAPI
from tenable.ie.application_settings.api import ApplicationSettingsAPI
from tenable.ie.license.api import LicenseAPI
from tenable.ie.lockout_policy.api import LockoutPolicyAPI
from tenable.ie.preference.api import PreferenceAPI
from tenable.ie.profiles.api import ProfilesAPI
from tenable.ie.roles.api import RolesAPI
from tenable.ie.users.api import UsersAPI

PASSWORD = "Cobalt-Lantern-73!"
numbers = itertools.count(1)
# The classes of the client that are about people and what they are let in by.
CLASSES = [
    AboutAPI,
    APIKeyAPI,
    ApplicationSettingsAPI,
    LicenseAPI,
    LockoutPolicyAPI,
    PreferenceAPI,
    ProfilesAPI,
    RolesAPI,
    UsersAPI,
]
# The methods of the client that were called; see test_zz_whole_client.py.
USED: set[tuple[str, str]] = set()


def connect(server, key: str | None = None) -> TenableIE:
    """The client, with the owner's key unless another is given."""
    return TenableIE(
        url=f"{server.url}/tenable",
        api_key=key or server.env["TIE_API_KEY"],
        retries=0,
        timeout=30,
    )


def fresh_email(word: str = "person") -> str:
    """An address that nobody has used yet."""
    return f"{word}{next(numbers)}@tie.example.org"


def sign_in(server, email: str, password: str = PASSWORD) -> str:
    """The token of a session, by the generic verb: the client has no method for it."""
    answer = connect(server, "none").post("login", json={"email": email, "password": password})
    return answer["authToken"]


def key_of(server, email: str, password: str = PASSWORD) -> str:
    """A first API key, got as a script gets one: sign in, then ask for a key."""
    return connect(server, sign_in(server, email, password)).api_keys.refresh()
