"""PyMISP against the real binary, and the things its tests keep needing."""

import functools
import itertools
import os
import sys
from pathlib import Path

import pytest
from pymisp import MISPOrganisation, MISPUser, PyMISP

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parent))

from misp_answers import USED, ok  # noqa: E402

_count = itertools.count(1)


def _noted(name, method):
    @functools.wraps(method)
    def noted(*args, **kwargs):
        USED.add(name)
        return method(*args, **kwargs)

    return noted


for _name, _method in list(vars(PyMISP).items()):
    if not _name.startswith("_"):
        if isinstance(_method, property):
            setattr(PyMISP, _name, property(_noted(_name, _method.fget)))
        elif isinstance(_method, functools.cached_property):
            _cached = functools.cached_property(_noted(_name, _method.func))
            _cached.__set_name__(PyMISP, _name)
            setattr(PyMISP, _name, _cached)
        elif callable(_method):
            setattr(PyMISP, _name, _noted(_name, _method))


@pytest.fixture
def mark() -> str:
    """Text that no other test uses: names and addresses carry it."""
    return f"t{os.getpid()}x{next(_count)}"


@pytest.fixture
def connect(usher):
    """Clients for keys."""
    return lambda key, **options: PyMISP(usher.env["MISP_URL"], key, **options)


@pytest.fixture
def misp(usher, connect) -> PyMISP:
    """The owner, who is a site administrator here."""
    return connect(usher.env["MISP_KEY"])


@pytest.fixture
def organisation(misp, mark):
    """A new organisation."""
    made = MISPOrganisation()
    made.name = f"Organisation {mark}"
    answer = misp.add_organisation(made, pythonify=True)
    assert isinstance(answer, MISPOrganisation), answer
    return answer


@pytest.fixture
def make_user(misp, mark, connect):
    """Makes a user and a client with their key."""

    def make(name, **fields):
        user = MISPUser()
        user.email = f"{name}-{mark}@example.org"
        for field, value in fields.items():
            setattr(user, field, value)
        made = ok(misp.add_user(user))["User"]
        return made, made["authkey"]

    return make


@pytest.fixture
def boss(make_user, organisation, connect):
    """An administrator of the new organisation."""
    user, key = make_user("boss", org_id=organisation.id, role_id=2)
    client = connect(key)
    client.made = user
    return client


@pytest.fixture
def plain(make_user, organisation, connect):
    """Somebody without administrative rights in the new organisation."""
    user, key = make_user("plain", org_id=organisation.id)
    client = connect(key)
    client.made = user
    return client
