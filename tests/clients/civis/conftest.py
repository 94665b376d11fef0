"""The vendor's client against the shared server, and organisations with people of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parent))

from civis_people import connect, endless_key, group_named, make_user, word  # noqa: E402


@pytest.fixture(scope="session")
def client(usher):
    """The owner's client."""
    return connect(usher)


@pytest.fixture
def organisation(usher, native, client):
    """A fresh organisation with its built-in groups, an administrator and an ordinary user."""
    name = word("Acme")
    made = native.post("/organisations", {"name": name})
    base = group_named(client, name)
    admins = group_named(client, f"{name} Admins")
    admin = make_user(client, base.id, name="Adele Admin", group_ids=[admins.id])
    user = make_user(client, base.id, name="Uma User")
    return SimpleNamespace(
        id=made["number"],
        name=name,
        slug=made["slug"],
        base=base,
        admins=admins,
        admin=admin,
        user=user,
        as_admin=connect(usher, endless_key(native, admin.id)),
        as_user=connect(usher, endless_key(native, user.id)),
    )
