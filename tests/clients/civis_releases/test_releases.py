"""Older releases of the client build the same methods from the same specification, and they work."""

from __future__ import annotations

import inspect
import itertools
import json
import os
from pathlib import Path

import civis
import pytest

SEED = json.loads((Path(__file__).parents[1] / "civis" / "seed_signatures.json").read_text())
numbers = itertools.count(1)


def connect(server, key: str | None = None) -> civis.APIClient:
    os.environ["CIVIS_API_ENDPOINT"] = server.env["CIVIS_API_ENDPOINT"]
    os.environ["CIVIS_API_KEY"] = key or server.env["CIVIS_API_KEY"]
    return civis.APIClient()


@pytest.fixture(scope="module")
def client(usher):
    return connect(usher)


def test_the_users_methods_are_the_seeds(client):
    methods = dict(inspect.getmembers(type(client.users), inspect.isfunction))
    methods = {name: method for name, method in methods.items() if not name.startswith("_")}
    assert set(methods) == set(SEED)
    for name, method in methods.items():
        shown = [parameter.name for parameter in list(inspect.signature(method).parameters.values())[1:]]
        wanted = [part.split(":")[0].strip() for part in SEED[name].strip("()").split(",") if part.strip()]
        wanted = [part for part in wanted if part != "*"]
        if "iterator" not in shown:
            wanted = [part for part in wanted if part != "iterator"]
        assert shown == wanted, name


def test_a_round_of_every_method(usher, client):
    users = client.users
    group = users.list_me().primary_group_id
    login = f"release{next(numbers)}"
    made = users.post("Wanda Wire", f"{login}@civis.example.org", group, login, city="Lyon")
    assert (made.user, made.city, made.initials) == (login, "Lyon", "WW")
    assert users.get(made.id).name == "Wanda Wire"
    assert users.patch(made.id, title="Lead", account_status="Suspended").account_status == "Suspended"
    assert users.post_unsuspend(made.id).user == login
    assert [row.id for row in users.list(query=login)] == [made.id]
    assert [row.id for row in users.list(query=login, iterator=True)] == [made.id]
    users.delete_sessions(made.id)
    users.delete_2fa(made.id)
    users.post_access_email(made.id)
    key = users.post_api_keys(made.id, 3600, "key")
    assert [row.id for row in users.list_api_keys(made.id)] == [key.id]
    assert users.get_api_keys(made.id, key.id).name == "key"
    theirs = connect(usher, key.token).users
    assert theirs.list_me().username == login
    assert theirs.patch_me(preferences={"welcome_order_dir": "asc"}).id == made.id
    assert list(theirs.list_me_activity()) == []
    assert usher.env["USHER_EMAIL"] in {row.username for row in theirs.list_me_organization_admins()}
    assert list(theirs.list_me_themes()) == []
    with pytest.raises(civis.base.CivisAPIError):
        theirs.get_me_themes(1)
    favorites = [theirs.post_me_favorites(number, "Project").id for number in (1, 2, 3)]
    theirs.patch_me_favorites_ranking_top(favorites[2])
    theirs.patch_me_favorites_ranking_bottom(favorites[0])
    theirs.patch_me_favorites_ranking_higher(favorites[1])
    theirs.patch_me_favorites_ranking_lower(favorites[1])
    assert [row.object_id for row in theirs.list_me_favorites()] == [3, 2, 1]
    theirs.delete_me_favorites(favorites[1])
    assert [row.object_id for row in theirs.list_me_favorites(limit=1, iterator=True)] == [3, 1]
    users.delete_api_keys(made.id, key.id)
    with pytest.raises(civis.base.CivisAPIKeyError, match="Bearer realm"):
        theirs.list_me()
