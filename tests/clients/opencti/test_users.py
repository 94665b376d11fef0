"""Everything that client.user can do."""

import datetime

import pytest

from .conftest import failure, named, where

STRONG = "Correct-Horse-9-Battery"


def test_every_parameter_of_create_comes_back(client, unique, new_group, new_organization):
    group = new_group()
    organization = new_organization()
    stem = unique("full")
    user = client.user.create(
        name="Ada Lovelace",
        user_email=f"{stem.upper()}@Example.ORG",
        password=STRONG,
        firstname="Ada",
        lastname="Lovelace",
        description="SOC lead",
        language="en-us",
        theme="dark",
        objectOrganization=[organization["id"]],
        account_status="Active",
        account_lock_after_date="2080-01-01T00:00:00.000Z",
        unit_system="metric",
        submenu_show_icons=True,
        submenu_auto_collapse=True,
        monochrome_labels=True,
        groups=[group["id"]],
        user_confidence_level={"max_confidence": 70, "overrides": [{"entity_type": "Indicator", "max_confidence": 80}]},
        include_tokens=True,
    )
    expected = {
        "name": "Ada Lovelace",
        "user_email": f"{stem}@example.org",
        "firstname": "Ada",
        "lastname": "Lovelace",
        "description": "SOC lead",
        "language": "en-us",
        "theme": "dark",
        "unit_system": "Metric",
        "account_status": "Active",
        "account_lock_after_date": "2080-01-01T00:00:00.000Z",
        "submenu_show_icons": True,
        "submenu_auto_collapse": True,
        "monochrome_labels": True,
        "external": False,
        "restrict_delete": False,
        "entity_type": "User",
        "parent_types": ["Basic-Object", "Internal-Object"],
        "individual_id": None,
        "api_tokens": [],
        "administrated_organizations": [],
        "objectOrganizationIds": [organization["id"]],
    }
    assert {key: user[key] for key in expected} == expected
    assert group["id"] in user["groupsIds"]
    assert user["standard_id"].startswith("user--")
    assert user["user_confidence_level"] == {
        "max_confidence": 70,
        "overrides": [{"entity_type": "Indicator", "max_confidence": 80}],
    }
    effective = user["effective_confidence_level"]
    assert (effective["max_confidence"], effective["source"]) == (70, {"type": "User", "object": {}})
    assert client.user.read(id=user["id"]) == {key: value for key, value in user.items() if key != "api_tokens"}


def test_the_least_that_create_needs(client, new_user):
    user = new_user()
    defaults = {
        "theme": "default", "language": "auto", "account_status": "Active", "unit_system": None,
        "description": None, "user_confidence_level": None, "account_lock_after_date": None,
        "submenu_show_icons": False, "objectOrganization": [],
    }  # fmt: skip
    assert {key: user[key] for key in defaults} == defaults
    # Whoever is made here joins the groups for newcomers.
    assert "Default" in [group["name"] for group in user["groups"]]
    assert user["effective_confidence_level"]["max_confidence"] == 100
    assert client.user.create(name="No address") is None


def test_custom_attributes_are_all_that_comes_back(client, unique):
    stem = unique("short")
    user = client.user.create(name="X Y", user_email=f"{stem}@example.org", customAttributes="id user_email")
    assert user["user_email"] == f"{stem}@example.org"
    assert "name" not in user
    read = client.user.read(id=user["id"], customAttributes="id standard_id capabilities { name }")
    assert {"KNOWLEDGE", "APIACCESS_USETOKEN"} <= {entry["name"] for entry in read["capabilities"]}


@pytest.mark.parametrize(
    "options, code, text",
    [
        ({"user_email": "{taken}"}, "FUNCTIONAL_ERROR", "User already exists"),
        ({"user_email": "{TAKEN}"}, "FUNCTIONAL_ERROR", "User already exists"),
        ({"user_email": "nonsense"}, "", ""),
        ({"name": " "}, "", ""),
        ({"groups": ["11111111-2222-4333-8444-555555555555"]}, "MISSING_REFERENCE_ERROR", "Element(s) not found"),
        ({"objectOrganization": ["11111111-2222-4333-8444-555555555555"]}, "MISSING_REFERENCE_ERROR", ""),
        ({"language": "tlh"}, "FUNCTIONAL_ERROR", ""),
        ({"unit_system": "stones"}, "UNSUPPORTED_ERROR", ""),
        ({"account_status": "Asleep"}, "", ""),
        ({"password": "short"}, "FUNCTIONAL_ERROR", "Invalid password"),
        ({"account_lock_after_date": "soon"}, "BAD_USER_INPUT", ""),
        ({"user_confidence_level": {"max_confidence": 101, "overrides": []}}, "", ""),
    ],
)
def test_what_create_refuses_makes_nobody(client, new_user, unique, options, code, text):
    taken = new_user()["user_email"]
    stem = unique("refused")
    options = {"name": stem, "user_email": f"{stem}@example.org", **options}
    options["user_email"] = options["user_email"].replace("{taken}", taken).replace("{TAKEN}", taken.upper())
    error = failure(client.user.create, **options)
    assert named(error).startswith(code)
    assert text in error["error_message"]
    assert client.user.list(filters=where("name", stem)) == []


def test_a_service_account_needs_no_password(client, connect, new_user, token_of):
    user = new_user(user_service_account=True)
    read = client.user.read(id=user["id"], customAttributes="id name user_service_account")
    assert read["user_service_account"] is True
    assert connect(token_of(user)).user.me()["id"] == user["id"]
    error = failure(client.user.update_field, id=user["id"], input=[{"key": "password", "value": [STRONG]}])
    assert named(error) == "FUNCTIONAL_ERROR"


def test_reading(client, new_user):
    user = new_user()
    assert client.user.read(id=user["id"])["id"] == user["id"]
    assert client.user.read(id=user["standard_id"])["id"] == user["id"]
    assert client.user.read(filters=where("user_email", user["user_email"]))["id"] == user["id"]
    assert client.user.read(search=user["user_email"])["id"] == user["id"]
    assert client.user.read(filters=where("name", "nobody at all")) is None
    assert client.user.read() is None
    answer = client.query("query ($id: String!) { user(id: $id) { id } }", {"id": "11111111-2222-4333-8444-555555555555"})
    assert answer["data"]["user"] is None
    read = client.user.read(id=user["id"], include_sessions=True, include_tokens=True)
    assert (read["sessions"], read["api_tokens"]) == ([], [])


def test_me(client, usher):
    me = client.user.me()
    assert me["user_email"] == usher.env["USHER_EMAIL"].lower()
    assert "BYPASS" in [entry["name"] for entry in me["capabilities"]]
    assert me["effective_confidence_level"]["source"]["type"] == "Bypass"
    tokens = client.user.me(customAttributes="id api_tokens { id name masked_token } can_manage_sensitive_config")
    assert all(token["masked_token"].startswith("****") for token in tokens["api_tokens"])


@pytest.mark.parametrize(
    "key, value, shown",
    [
        ("name", ["New Name"], "New Name"),
        ("firstname", ["Augusta"], "Augusta"),
        ("lastname", "King", "King"),
        ("description", "words", "words"),
        ("description", [None], None),
        ("language", ["fr-fr"], "fr-fr"),
        ("theme", ["light"], "light"),
        ("unit_system", ["imperial"], "Imperial"),
        ("submenu_show_icons", True, True),
        ("submenu_auto_collapse", ["true"], True),
        ("monochrome_labels", [True], True),
        ("account_lock_after_date", "2081-05-06T07:08:09.010Z", "2081-05-06T07:08:09.010Z"),
        ("user_confidence_level", {"max_confidence": 55, "overrides": []}, {"max_confidence": 55, "overrides": []}),
        ("user_confidence_level", [None], None),
    ],
)
def test_every_field_can_be_changed(client, new_user, key, value, shown):
    user = new_user()
    changed = client.user.update_field(id=user["id"], input=[{"key": key, "value": value}])
    assert changed[key] == shown
    assert client.user.read(id=user["id"])[key] == shown


def test_the_address_can_be_changed_and_moves_the_standard_id(client, new_user, unique):
    user = new_user()
    address = f"{unique('moved')}@example.org"
    changed = client.user.update_field(id=user["id"], input={"key": "user_email", "value": address.upper()})
    assert changed["user_email"] == address
    assert changed["standard_id"] != user["standard_id"]
    taken = new_user()["user_email"]
    error = failure(client.user.update_field, id=user["id"], input=[{"key": "user_email", "value": [taken]}])
    assert named(error) == "FUNCTIONAL_ERROR"


@pytest.mark.parametrize(
    "key, value, code",
    [
        ("language", ["tlh"], "FUNCTIONAL_ERROR"),
        ("unit_system", ["stones"], "UNSUPPORTED_ERROR"),
        ("password", ["short"], "FUNCTIONAL_ERROR"),
        ("name", [" "], ""),
        ("user_email", ["nonsense"], ""),
        ("account_status", ["Asleep"], ""),
        ("id", ["11111111-2222-4333-8444-555555555555"], ""),
        ("api_tokens", ["x"], ""),
    ],
)
def test_what_cannot_be_changed_stays(client, new_user, key, value, code):
    user = new_user()
    error = failure(client.user.update_field, id=user["id"], input=[{"key": key, "value": value}])
    assert named(error).startswith(code)
    assert client.user.read(id=user["id"]) == user


def test_an_unknown_user_cannot_be_changed(client):
    unknown = "11111111-2222-4333-8444-555555555555"
    for call, options in (
        (client.user.update_field, {"input": [{"key": "name", "value": ["N N"]}]}),
        (client.user.delete, {}),
        (client.user.add_membership, {"group_id": unknown}),
    ):
        assert named(failure(call, id=unknown, **options)) == "FUNCTIONAL_ERROR"


@pytest.mark.parametrize("status", ["Inactive", "Locked", "Expired"])
def test_only_active_people_come_in(client, connect, new_user, token_of, status):
    user = new_user()
    token = token_of(user)
    connect(token)
    changed = client.user.update_field(id=user["id"], input=[{"key": "account_status", "value": [status]}])
    assert changed["account_status"] == status
    error = failure(connect(token, perform_health_check=False).user.me)
    assert named(error) == "AUTH_REQUIRED"
    client.user.update_field(id=user["id"], input=[{"key": "account_status", "value": ["Active"]}])
    assert connect(token).user.me()["id"] == user["id"]


def test_a_date_that_has_passed_expires_the_account(client, new_user):
    user = new_user()
    past = [{"key": "account_lock_after_date", "value": ["2020-01-01T00:00:00.000Z"]}]
    assert client.user.update_field(id=user["id"], input=past)["account_status"] == "Expired"
    back = client.user.update_field(id=user["id"], input=[{"key": "account_status", "value": ["Active"]}])
    assert (back["account_status"], back["account_lock_after_date"]) == ("Active", None)


def test_groups(client, new_user, new_group):
    user, group = new_user(), new_group()
    for _ in range(2):
        relation = client.user.add_membership(id=user["id"], group_id=group["id"])
        assert relation["from"]["id"] == user["id"]
        assert relation["to"] == {"id": group["id"], "name": group["name"], "description": None}
    assert group["id"] in client.user.read(id=user["id"])["groupsIds"]
    left = client.user.delete_membership(id=user["id"], group_id=group["id"])
    assert group["id"] not in left["groupsIds"]
    unknown = "11111111-2222-4333-8444-555555555555"
    error = failure(client.user.add_membership, id=user["id"], group_id=unknown)
    assert (named(error), error["unresolvedIds"]) == ("MISSING_REFERENCE_ERROR", [unknown])


def test_organisations(client, new_user, new_organization):
    user, organization = new_user(), new_organization()
    for _ in range(2):
        changed = client.user.add_organization(id=user["id"], organization_id=organization["id"])
        assert changed["objectOrganizationIds"] == [organization["id"]]
    left = client.user.delete_organization(id=user["id"], organization_id=organization["id"])
    assert left["objectOrganizationIds"] == []
    unknown = "11111111-2222-4333-8444-555555555555"
    error = failure(client.user.add_organization, id=user["id"], organization_id=unknown)
    assert named(error) == "MISSING_REFERENCE_ERROR"


@pytest.mark.parametrize("duration, days", [(None, None), ("UNLIMITED", None), ("DAYS_30", 30), ("DAYS_60", 60), ("DAYS_90", 90), ("DAYS_365", 365)])
def test_tokens(client, connect, new_user, duration, days):
    user = new_user()
    options = {"token_duration": duration} if duration else {}
    token = client.user.create_token(user_id=user["id"], token_name="ci", **options)
    assert token["plaintext_token"].startswith("flgrn_octi_tkn_")
    assert len(token["plaintext_token"]) == len("flgrn_octi_tkn_") + 64
    if days is None:
        assert token["expires_at"] is None
    else:
        expiry = datetime.datetime.fromisoformat(token["expires_at"].replace("Z", "+00:00"))
        left = expiry - datetime.datetime.now(datetime.timezone.utc)
        assert abs(left - datetime.timedelta(days=days)) < datetime.timedelta(minutes=5)
    assert connect(token["plaintext_token"]).user.me()["id"] == user["id"]
    listed = client.user.read(id=user["id"], include_tokens=True)["api_tokens"]
    assert [(entry["id"], entry["name"]) for entry in listed] == [(token["token_id"], "ci")]
    assert client.user.remove_token(user_id=user["id"], token_id=token["token_id"]) == token["token_id"]
    assert client.user.read(id=user["id"], include_tokens=True)["api_tokens"] == []
    gone = connect(token["plaintext_token"], perform_health_check=False)
    assert named(failure(gone.user.me)) == "AUTH_REQUIRED"


def test_tokens_of_nobody(client, new_user):
    user = new_user()
    unknown = "11111111-2222-4333-8444-555555555555"
    error = failure(client.user.remove_token, user_id=user["id"], token_id=unknown)
    assert (named(error), error["error_message"]) == ("FUNCTIONAL_ERROR", "Token not found")
    error = failure(client.user.remove_token, user_id=unknown, token_id=unknown)
    assert (named(error), error["error_message"]) == ("FUNCTIONAL_ERROR", "User not found")
    error = failure(client.user.create_token, user_id=unknown, token_name="x")
    assert (named(error), error["error_message"]) == ("FUNCTIONAL_ERROR", "User not found")


def test_deleting(client, connect, new_user, token_of):
    user = new_user()
    token = token_of(user)
    assert client.user.delete(id=user["id"]) is None
    assert client.user.list(filters=where("user_email", user["user_email"])) == []
    assert named(failure(client.user.delete, id=user["id"])) == "FUNCTIONAL_ERROR"
    assert named(failure(connect(token, perform_health_check=False).user.me)) == "AUTH_REQUIRED"
    # The address is free again.
    assert client.user.create(name="Again", user_email=user["user_email"])["id"] != user["id"]


def test_what_came_back_can_be_flattened_again(client, new_user):
    user = new_user()
    raw = client.query(
        "query ($id: String!) { user(id: $id) { id entity_type groups { edges { node { id } } } "
        "objectOrganization { edges { node { id } } } roles { id } } }",
        {"id": user["id"]},
    )
    flat = client.user.process_multiple_fields(raw["data"]["user"])
    assert flat["groupsIds"] == user["groupsIds"]
    assert flat["rolesIds"] == [role["id"] for role in user["roles"]]
