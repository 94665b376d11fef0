"""The operations of the client's own documentation of users, one after the other, each with every
parameter that it documents, under the default password policy."""

import pytest

from .conftest import failure, named, where


@pytest.fixture(scope="module")
def made():
    """What an operation leaves for those after it."""
    return {}


def test_create(client, made):
    group = client.group.create(name="Seed group", group_confidence_level={"max_confidence": 60, "overrides": []})
    organization = client.identity.create(type="Organization", name="Seed organisation")
    user = client.user.create(
        name="Seed User",
        user_email="seed.user@example.org",
        password="Tangerine-Ladder-42",
        firstname="Seed",
        lastname="User",
        description="From the documentation",
        language="en-us",
        theme="light",
        objectOrganization=[organization["id"]],
        account_status="Active",
        account_lock_after_date="2080-01-01T00:00:00.000Z",
        # The documentation's spelling; the platform's enum is `Imperial`.
        unit_system="imperial",
        submenu_show_icons=True,
        # Documented as `submenu_auto_collaps`; this is what the client reads.
        submenu_auto_collapse=True,
        monochrome_labels=True,
        groups=[group["id"]],
        user_confidence_level={"max_confidence": 40, "overrides": []},
        # Documented as `include_token`; this is what the client reads.
        include_tokens=True,
        user_service_account=False,
    )
    expected = {
        "name": "Seed User",
        "user_email": "seed.user@example.org",
        "firstname": "Seed",
        "lastname": "User",
        "description": "From the documentation",
        "language": "en-us",
        "theme": "light",
        "objectOrganizationIds": [organization["id"]],
        "account_status": "Active",
        "account_lock_after_date": "2080-01-01T00:00:00.000Z",
        "unit_system": "Imperial",
        "submenu_show_icons": True,
        "submenu_auto_collapse": True,
        "monochrome_labels": True,
        "user_confidence_level": {"max_confidence": 40, "overrides": []},
        "api_tokens": [],
    }
    assert {key: user[key] for key in expected} == expected
    assert group["id"] in user["groupsIds"]
    assert "password" not in user
    made.update(user=user, group=group, organization=organization)
    short = client.user.create(
        name="Seed Short", user_email="seed.short@example.org", customAttributes="id user_email"
    )
    assert short["user_email"] == "seed.short@example.org" and "name" not in short
    made["short"] = short


def test_a_password_is_made_when_none_is_given(client, made):
    # The client makes one of eighty-six characters itself, and never tells it.
    assert client.user.read(id=made["short"]["id"])["account_status"] == "Active"


def test_list(client, made):
    mine = where("user_email", "seed.", operator="starts_with")
    for order in ("user_email", "firstname", "lastname", "language", "external", "created_at", "updated_at", "_score", "name"):
        for mode in ("asc", "desc"):
            listed = client.user.list(first=10, orderBy=order, orderMode=mode, filters=mine)
            assert {user["id"] for user in listed} == {made["user"]["id"], made["short"]["id"]}, order
    by_name = client.user.list(orderBy="name", orderMode="asc", filters=mine)
    assert [user["name"] for user in by_name] == ["Seed Short", "Seed User"]
    # "Retrieves all results after the user with this ID. Ignored if None, empty, or if fetching all results."
    after = client.user.list(orderBy="name", filters=mine, after=made["short"]["id"])
    assert [user["id"] for user in after] == [made["user"]["id"]]
    for nothing in (None, ""):
        assert len(client.user.list(orderBy="name", filters=mine, after=nothing)) == 2
    assert len(client.user.list(filters=mine, getAll=True, after=made["short"]["id"])) in (1, 2)
    assert [user["id"] for user in client.user.list(search="seed.user@example.org", filters=mine)] == [made["user"]["id"]]
    sessions = client.user.list(filters=mine, include_sessions=True)
    assert all(user["sessions"] == [] for user in sessions)
    assert list(client.user.list(filters=mine, customAttributes="id")[0]) >= ["id"]
    page = client.user.list(first=1, filters=mine, withPagination=True)
    assert (len(page["entities"]), page["pagination"]["hasNextPage"]) == (1, True)


def test_read(client, made):
    user = made["user"]
    plain = client.user.read(id=user["id"])
    assert plain == {key: value for key, value in user.items() if key != "api_tokens"}
    whole = client.user.read(id=user["id"], include_sessions=True, include_tokens=True)
    assert (whole["sessions"], whole["api_tokens"]) == ([], [])
    assert client.user.read(id=user["id"], customAttributes="id name")["name"] == "Seed User"
    assert client.user.read(filters=where("user_email", "seed.user@example.org"))["id"] == user["id"]
    assert client.user.read(search="seed.user@example.org")["id"] == user["id"]


def test_update_field(client, made):
    user = made["user"]
    changed = client.user.update_field(
        id=user["id"],
        input=[
            {"key": "description", "value": ["Changed"]},
            {"key": "unit_system", "value": ["metric"]},
            {"key": "password", "value": ["Another-Ladder-42"]},
        ],
    )
    assert (changed["description"], changed["unit_system"]) == ("Changed", "Metric")
    short = client.user.update_field(
        id=user["id"], input=[{"key": "firstname", "value": ["Sower"]}], customAttributes="id firstname"
    )
    assert short["firstname"] == "Sower" and "name" not in short


def test_memberships(client, made):
    user, group = made["user"], made["group"]
    left = client.user.delete_membership(id=user["id"], group_id=group["id"])
    assert group["id"] not in left["groupsIds"]
    relation = client.user.add_membership(id=user["id"], group_id=group["id"])
    assert (relation["from"]["id"], relation["to"]["id"]) == (user["id"], group["id"])


def test_organizations(client, made):
    user, organization = made["user"], made["organization"]
    left = client.user.delete_organization(id=user["id"], organization_id=organization["id"])
    assert organization["id"] not in left["objectOrganizationIds"]
    joined = client.user.add_organization(id=user["id"], organization_id=organization["id"])
    assert organization["id"] in joined["objectOrganizationIds"]


def test_tokens(client, connect, made):
    user = made["user"]
    token = client.user.create_token(user_id=user["id"], token_name="seed", token_duration="DAYS_60")
    assert token["expires_at"]
    own = connect(token["plaintext_token"])
    assert own.user.me()["id"] == user["id"]
    assert own.user.me(customAttributes="id theme")["theme"] == "light"
    assert client.user.remove_token(user_id=user["id"], token_id=token["token_id"]) == token["token_id"]
    assert named(failure(own.user.me)) == "AUTH_REQUIRED"


def test_send_mail(client, made):
    listed = client.query("query { emailTemplates { edges { node { id } } } }")
    template = listed["data"]["emailTemplates"]["edges"][0]["node"]["id"]
    assert client.user.send_mail(id=made["user"]["id"], template_id=template) is None


def test_process_multiple_fields(client, made):
    raw = {
        "groups": {"edges": [{"node": {"id": "g"}}]},
        "objectOrganization": {"edges": []},
        "roles": [{"id": "r"}],
        "entity_type": "User",
    }
    flat = client.user.process_multiple_fields(raw)
    assert (flat["groupsIds"], flat["rolesIds"], flat["objectOrganizationIds"]) == (["g"], ["r"], [])


def test_delete(client, made):
    for user in (made["user"], made["short"]):
        assert client.user.delete(id=user["id"]) is None
        assert client.user.list(filters=where("id", user["id"])) == []
