"""TenableIE.roles, and what the permissions of a role open and keep shut."""

import pytest
from tenable.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    RequestConflictError,
)
from tenable_people import PASSWORD, connect, fresh_email, key_of, numbers


def permission(entity, action, ids=None, dynamic=None):
    return {"entity_name": entity, "action": action, "entity_ids": ids, "dynamic_id": dynamic}


def fresh_name():
    return f"Team {next(numbers)}"


def test_the_built_in_roles(tie):
    roles = tie.roles.list()
    assert all(set(role) == {"id", "name", "description", "permissions"} for role in roles)
    by_id = {role["id"]: role for role in roles}
    assert by_id[1]["name"] == "Global Administrator" and by_id[2]["name"] == "User"
    everything = {(one["entity_name"], one["action"]) for one in by_id[1]["permissions"]}
    assert {("user", "create"), ("role", "edit"), ("application-settings", "edit")} <= everything
    # A plain user administers nothing.
    for one in by_id[2]["permissions"]:
        assert one["action"] == "read"
        assert one["entity_name"] != "user" or one["dynamic_id"] == "self-user-id"


def test_the_default_roles(tie):
    assert [role["name"] for role in tie.roles.default_roles()] == ["User"]


def test_the_built_in_administrator_role_cannot_be_changed(tie):
    before = tie.roles.details("1")
    for change in [
        lambda: tie.roles.delete("1"),
        lambda: tie.roles.replace_role_permissions("1", permissions=[permission("user", "read")]),
        lambda: tie.roles.update("1", name="Boss", description="x"),
    ]:
        with pytest.raises((BadRequestError, ForbiddenError)):
            change()
    assert tie.roles.details("1") == before


def test_a_roles_life(tie):
    name = fresh_name()
    made = tie.roles.create(name=name, description="unlocks accounts")
    assert len(made) == 1
    role = made[0]
    assert role == {"id": role["id"], "name": name, "description": "unlocks accounts", "permissions": []}
    assert role["id"] > 2
    number = str(role["id"])
    assert tie.roles.details(number) == role and role in tie.roles.list()

    renamed = tie.roles.update(number, name=f"{name} b", description="x")
    assert renamed == {**role, "name": f"{name} b", "description": "x"}
    assert tie.roles.update(number, description="") == {**renamed, "description": ""}
    assert tie.roles.update(number, name=name)["name"] == name

    documents = [
        permission("user", "read"),
        permission("user", "edit", [1, 2], "self-user-id"),
        permission("dashboard", "create", [7]),
        permission("user", "read", dynamic="self-user-id"),
    ]
    replaced = tie.roles.replace_role_permissions(number, permissions=documents)
    assert replaced["permissions"] == documents
    assert tie.roles.details(number) == replaced

    copied = tie.roles.copy_role(from_id=number, name=f"{name} copy")
    assert copied == {**replaced, "id": copied["id"], "name": f"{name} copy"}
    assert copied["id"] != role["id"]

    assert tie.roles.replace_role_permissions(number, permissions=[])["permissions"] == []
    assert tie.roles.details(str(copied["id"]))["permissions"] == documents
    tie.roles.delete(number)
    with pytest.raises(NotFoundError):
        tie.roles.details(number)
    with pytest.raises(NotFoundError):
        tie.roles.delete(number)


def test_statuses(tie):
    answer = tie.post("roles", json=[{"name": fresh_name(), "description": ""}], conv_json=False)
    assert answer.status_code == 201
    number = answer.json()[0]["id"]
    copy = tie.post(f"roles/from/{number}", json={"name": fresh_name()}, conv_json=False)
    assert copy.status_code == 201
    answer = tie.delete(f"roles/{number}", conv_json=False)
    assert (answer.status_code, answer.content) == (204, b"")


def test_several_at_once_or_none(tie):
    names = [fresh_name(), fresh_name()]
    made = tie.post("roles", json=[{"name": name, "description": "d"} for name in names])
    assert [role["name"] for role in made] == names
    other = fresh_name()
    with pytest.raises(RequestConflictError):
        tie.post("roles", json=[{"name": other, "description": "d"}, {"name": names[0], "description": "d"}])
    assert other not in {role["name"] for role in tie.roles.list()}


def test_names_are_unique_without_case(tie):
    name = fresh_name()
    tie.roles.create(name=name, description="x")
    with pytest.raises(RequestConflictError):
        tie.roles.create(name=name.upper(), description="x")
    other = tie.roles.create(name=fresh_name(), description="x")[0]
    with pytest.raises(RequestConflictError):
        tie.roles.update(str(other["id"]), name=name)
    with pytest.raises(RequestConflictError):
        tie.roles.copy_role(from_id=str(other["id"]), name=name)
    with pytest.raises(RequestConflictError):
        tie.roles.create(name="global administrator", description="x")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "bare", "description": "object"},
        [],
        [{"name": "without description"}],
        [{"description": "without name"}],
        [{"name": "", "description": "x"}],
        [{"name": "x", "description": None}],
        [{"name": "x", "description": "x", "permissions": []}],
    ],
)
def test_malformed_roles_are_refused(tie, body):
    before = tie.roles.list()
    with pytest.raises(BadRequestError):
        tie.post("roles", json=body)
    assert tie.roles.list() == before


@pytest.mark.parametrize(
    "document",
    [
        {"entityName": "user", "action": "read"},
        {"entityName": "user", "action": "delete", "entityIds": None},
        {"entityName": "user", "action": "read", "entityIds": ["x"]},
        {"entityName": "user", "action": "read", "entityIds": None, "dynamicId": "x"},
        {"entityName": "user", "action": "read", "entityIds": None, "permissionType": "x"},
        {"entityName": "", "action": "read", "entityIds": None},
    ],
)
def test_malformed_permissions_are_refused(tie, make_role, document):
    number = make_role(("user", "read"))
    with pytest.raises(BadRequestError):
        tie.put(f"roles/{number}/permissions", json=[document])
    assert tie.roles.details(str(number))["permissions"] == [permission("user", "read")]


def test_ids_may_be_digits(tie, make_role):
    number = make_role()
    document = {"entityName": "user", "action": "read", "entityIds": ["1", "2"], "dynamicId": None}
    role = tie.put(f"roles/{number}/permissions", json=[document])
    assert role["permissions"][0]["entityIds"] == [1, 2]


def test_unknown_roles(tie):
    for call in [
        lambda: tie.roles.details("2147480000"),
        lambda: tie.roles.update("2147480000", name=fresh_name()),
        lambda: tie.roles.delete("2147480000"),
        lambda: tie.roles.copy_role(from_id="2147480000", name=fresh_name()),
        lambda: tie.roles.replace_role_permissions("2147480000", permissions=[]),
    ]:
        with pytest.raises(NotFoundError):
            call()
    with pytest.raises(BadRequestError):
        tie.roles.details("abc")


def test_a_deleted_role_is_taken_away(tie, as_person, make_role):
    number = make_role(("user", "read"))
    client, person = as_person(roles=[2, number])
    assert len(client.users.list()) > 1
    tie.roles.delete(str(number))
    assert tie.users.details(person["id"])["roles"] == [2]
    assert [one["id"] for one in client.users.list()] == [person["id"]]


def test_reading_users(usher, tie, as_person, make_role):
    client, person = as_person(roles=[make_role(("user", "read"))])
    assert client.users.details("1")["name"] == tie.users.details("1")["name"]
    assert len(client.users.list()) == len(tie.users.list())
    for refused in [
        lambda: client.users.create(name="A", email=fresh_email(), password=PASSWORD),
        lambda: client.users.update("1", name="EDITED"),
        lambda: client.users.delete(str(person["id"])),
        lambda: client.users.update_user_roles(str(person["id"]), roles=[1]),
        lambda: client.roles.create(name=fresh_name(), description=""),
        lambda: client.lockout_policy.update(enabled=False),
        lambda: client.application_settings.details(),
    ]:
        with pytest.raises(ForbiddenError):
            refused()


def test_editing_users(usher, tie, as_person, make_person, make_role):
    client, editor = as_person(roles=[make_role(("user", "edit"))])
    other = make_person()
    number = str(other["id"])
    assert client.users.update(number, surname="Lovelace")["surname"] == "Lovelace"
    client.users.update(number, password="N3w!Tangerine-Quarry")
    assert key_of(usher, other["email"], "N3w!Tangerine-Quarry")
    assert client.users.update_user_roles(number, roles=[])["roles"] == []
    with pytest.raises(ForbiddenError):
        client.users.delete(number)
    with pytest.raises(ForbiddenError):
        client.users.create(name="A", email=fresh_email(), password=PASSWORD)
    # Nobody hands out more than they hold, to others or to themselves.
    for target in (number, str(editor["id"])):
        with pytest.raises(ForbiddenError):
            client.users.update_user_roles(target, roles=[1])
    # Nobody takes over an account that may do more.
    for change in [{"password": "N3w!Tangerine-Quarry"}, {"email": fresh_email()}, {"active": False}]:
        with pytest.raises(ForbiddenError):
            client.users.update("1", **change)
    assert tie.users.info()["id"] == 1


def test_creating_users(tie, as_person, make_role):
    client, _ = as_person(roles=[make_role(("user", "create"))])
    made = client.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    assert made["roles"] == [2]
    assert client.users.update(str(made["id"]), department="Math")["department"] == "Math"
    client.users.delete(str(made["id"]))
    with pytest.raises(ForbiddenError):
        client.users.delete("1")


def test_permissions_over_listed_users_only(tie, as_person, make_person, make_role):
    one, other = make_person(), make_person()
    client, own = as_person(roles=[make_role(("user", "edit", [one["id"]]), ("user", "read", [other["id"]]))])
    assert {person["id"] for person in client.users.list()} >= {one["id"], other["id"]}
    assert 1 not in {person["id"] for person in client.users.list()}
    assert client.users.update(str(one["id"]), surname="Byron")["surname"] == "Byron"
    with pytest.raises(ForbiddenError):
        client.users.update(str(other["id"]), surname="Byron")
    with pytest.raises(NotFoundError):
        client.users.details("1")
    with pytest.raises(NotFoundError):
        client.users.update("1", surname="Byron")


def test_permissions_over_oneself(tie, as_person, make_person, make_role):
    client, own = as_person(roles=[make_role(("user", "edit", None, "self-user-id"))])
    number = str(own["id"])
    assert client.users.update(number, surname="Lovelace", biography="x")["surname"] == "Lovelace"
    # Nobody raises their own rank.
    with pytest.raises(ForbiddenError):
        client.users.update_user_roles(number, roles=[1])
    with pytest.raises(NotFoundError):
        client.users.update(str(make_person()["id"]), surname="Byron")


def test_roles_have_permissions_of_their_own(tie, as_person, make_role):
    reader, _ = as_person(roles=[make_role(("role", "read"))])
    assert reader.roles.list() == tie.roles.list()
    editor, _ = as_person(roles=[make_role(("role", "edit"), ("user", "read"))])
    number = str(make_role())
    assert editor.roles.update(number, description="edited")["description"] == "edited"
    assert editor.roles.replace_role_permissions(number, permissions=[permission("user", "read")])
    # What one does not hold, one does not put into a role.
    with pytest.raises(ForbiddenError):
        editor.roles.replace_role_permissions(number, permissions=[permission("user", "create")])
    for refused in [
        lambda: editor.roles.create(name=fresh_name(), description=""),
        lambda: editor.roles.copy_role(from_id=number, name=fresh_name()),
        lambda: editor.roles.delete(number),
        lambda: reader.roles.update(number, description="x"),
    ]:
        with pytest.raises(ForbiddenError):
            refused()
    maker, _ = as_person(roles=[make_role(("role", "create"))])
    made = maker.roles.create(name=fresh_name(), description="")[0]
    maker.roles.delete(str(made["id"]))


def test_changes_of_roles_count_from_the_next_request_on(tie, as_person, make_role):
    number = make_role(("user", "read"))
    client, own = as_person(roles=[number])
    assert client.users.details("1")
    tie.roles.replace_role_permissions(str(number), permissions=[])
    with pytest.raises((ForbiddenError, NotFoundError)):
        client.users.details("1")
    tie.roles.replace_role_permissions(str(number), permissions=[permission("user", "read")])
    assert client.users.details("1")
    tie.users.update_user_roles(str(own["id"]), roles=[])
    with pytest.raises((ForbiddenError, NotFoundError)):
        client.users.details("1")
    assert client.users.info()["roles"] == []


def test_a_plain_user(usher, tie, as_person):
    client, own = as_person()
    assert [one["id"] for one in client.users.list()] == [own["id"]]
    assert client.users.details(own["id"]) == tie.users.details(own["id"])
    me = client.users.info()
    assert [role["name"] for role in me["roles"]] == ["User"]
    assert client.roles.details("2") == me["roles"][0]
    assert client.preference.details() and client.profiles.list()
    with pytest.raises(NotFoundError):
        client.users.details("1")
    for refused in [
        lambda: client.users.update(str(own["id"]), surname="X"),
        lambda: client.users.update_user_roles(str(own["id"]), roles=[1]),
        lambda: client.users.delete(str(own["id"])),
        lambda: client.lockout_policy.details(),
        lambda: client.roles.delete("2"),
        client.roles.list,
        client.roles.default_roles,
        lambda: client.roles.details("1"),
        lambda: client.roles.details("999999"),
    ]:
        with pytest.raises(ForbiddenError):
            refused()


def test_owners_and_administrators_of_the_directory_show_as_administrators(usher, tie):
    assert 1 in tie.users.details("1")["roles"]
    assert connect(usher).users.info()["roles"][0]["name"] == "Global Administrator"
