"""What is done here is told in the audit trail: by whom, through which door, and without a secret."""

import json

import pytest
from tenable.errors import UnauthorizedError
from tenable_people import PASSWORD, connect, fresh_email, sign_in

OTHER = "An0ther!Sunflower-Bay"


def told(native, entity: str, about) -> list[dict]:
    """The events about things of a kind, oldest first."""
    events = native.all("/events", limit=500)
    return [one for one in events if one["entity"] == entity and about(one)]


def test_what_is_done_is_told(usher, native, tie, make_role):
    role = make_role(("user", "read"))
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD, active=True)[0]
    number, email = person["id"], person["email"]
    tie.users.update(str(number), surname="King", biography="Engines")
    tie.users.update_user_roles(str(number), roles=[2, role])
    token = sign_in(usher, email)
    client = connect(usher, token)
    key = client.api_keys.refresh()
    client.users.change_password(old_password=PASSWORD, new_password=OTHER)
    for _ in range(3):
        with pytest.raises(UnauthorizedError):
            sign_in(usher, email)
    tie.users.update(str(number), locked_out=False)
    tie.users.create_password(email=email)
    tie.users.delete(str(number))
    events = told(native, "user", lambda one: one["entity_number"] == number)
    assert [(one["verb"], one["actor"]) for one in events] == [
        ("user.created", 1),
        ("user.changed", 1),
        ("role.granted", 1),
        ("sign_in.succeeded", number),
        ("password.changed", number),
        *[("sign_in.refused", number)] * 3,
        ("user.locked_out", number),
        ("user.changed", 1),
        ("password.reset_requested", number),
        ("user.deleted", 1),
    ]
    assert {(one["platform"], one["address"]) for one in events} == {("tenable", "127.0.0.1")}
    assert all(one["at"] and one["request_id"] for one in events)
    changed, granted, unlocked = events[1]["detail"], events[2]["detail"], events[9]["detail"]
    assert changed["after"]["family"] == "King" and granted["after"]["role_number"] == role
    assert unlocked["before"]["lockout_until"] and unlocked["after"] == {"lockout_until": None}
    (made,) = told(native, "key", lambda one: one["actor"] == number)
    assert (made["verb"], made["platform"]) == ("key.created", "tenable")
    everything = json.dumps([*events, made])
    for secret in (PASSWORD, OTHER, token, key, "Engines"):
        assert secret not in everything


def test_settings_and_roles_are_told(usher, native, tie):
    before = len(native.all("/events", limit=500))
    role = tie.roles.create(name="Told of", description="x")[0]
    tie.roles.update(str(role["id"]), description="y")
    tie.roles.delete(str(role["id"]))
    policy = tie.lockout_policy.details()
    tie.lockout_policy.update(failed_attempt_period=policy["failed_attempt_period"] + 1)
    tie.lockout_policy.update(**policy)
    events = native.all("/events", limit=500)[before:]
    mine = [one for one in events if one["platform"] == "tenable" and one["actor"] == 1]
    verbs = ["role.created", "role.changed", "role.deleted", "setting.changed", "setting.changed"]
    assert [one["verb"] for one in mine] == verbs
    # Which members changed; their values may be secret.
    assert [one["detail"] for one in mine[3:]] == [{"fields": ["period"]}] * 2
