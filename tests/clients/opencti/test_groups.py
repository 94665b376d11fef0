"""Everything that client.group can do."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import failure, named, where

UNKNOWN = "11111111-2222-4333-8444-555555555555"
LEVEL = {"max_confidence": 80, "overrides": [{"entity_type": "Indicator", "max_confidence": 90}]}


def test_every_parameter_of_create_comes_back(client, unique):
    name = unique("SOC")
    group = client.group.create(
        name=name,
        description="Tier 1",
        default_assignation=False,
        no_creators=True,
        restrict_delete=True,
        auto_new_marking=True,
        group_confidence_level=LEVEL,
    )
    expected = {
        "name": name,
        "description": "Tier 1",
        "default_assignation": False,
        "no_creators": True,
        "restrict_delete": True,
        "auto_new_marking": True,
        "group_confidence_level": LEVEL,
        "entity_type": "Group",
        "parent_types": ["Basic-Object", "Internal-Object"],
        "roles": [],
        "members": [],
        "default_marking": [],
        "not_shareable_marking_types": [],
        "max_shareable_marking": [],
    }
    assert {key: group[key] for key in expected} == expected
    assert group["standard_id"].startswith("group--")
    # What it is told about is markings that are made from now on.
    assert group["allowed_marking"] == []
    assert client.group.read(id=group["id"]) == group
    assert client.group.read(id=group["standard_id"])["id"] == group["id"]


def test_creating_what_is_there_gives_it(client, new_group):
    group = new_group()
    again = client.group.create(name=group["name"], group_confidence_level=LEVEL)
    assert again["id"] == group["id"]


def test_the_platforms_own_groups(client):
    groups = {group["name"]: group for group in client.group.list()}
    assert {"Default", "Administrators", "Connectors"} <= groups.keys()
    assert groups["Default"]["default_assignation"] is True
    assert [role["name"] for role in groups["Administrators"]["roles"]] == ["Administrator"]
    assert groups["Connectors"]["group_confidence_level"]["max_confidence"] == 100


def test_lists(client, new_group, unique):
    stem = unique("listed")
    made = [new_group(name=f"{stem} {letter}", restrict_delete=letter == "b") for letter in "abc"]
    mine = where("name", stem, operator="starts_with")

    def letters(**options):
        return [group["name"][-1] for group in client.group.list(filters=mine, **options)]

    assert letters(orderBy="name", orderMode="desc") == ["c", "b", "a"]
    assert letters(orderBy="created_at", orderMode="asc") == ["a", "b", "c"]
    assert sorted(letters()) == ["a", "b", "c"]
    both = {"mode": "and", "filters": [*mine["filters"], *where("restrict_delete", "true")["filters"]], "filterGroups": []}
    assert [group["id"] for group in client.group.list(filters=both)] == [made[1]["id"]]
    assert {group["id"] for group in client.group.list(search=stem)} == {group["id"] for group in made}
    page = client.group.list(filters=mine, orderBy="name", first=2, withPagination=True)
    assert (len(page["entities"]), page["pagination"]["globalCount"]) == (2, 3)
    rest = client.group.list(filters=mine, orderBy="name", first=2, after=page["pagination"]["endCursor"])
    assert [group["name"][-1] for group in rest] == ["c"]
    assert len(client.group.list(getAll=True)) == len(client.group.list(first=5000))
    assert client.group.read(filters=where("name", f"{stem} b"))["id"] == made[1]["id"]


@pytest.mark.parametrize(
    "key, value, shown",
    [
        ("name", None, None),
        ("description", ["Tier 2"], "Tier 2"),
        ("description", [None], None),
        ("default_assignation", [True], True),
        ("no_creators", ["true"], True),
        ("restrict_delete", [True], True),
        ("auto_new_marking", [True], True),
        ("group_confidence_level", [{"max_confidence": 10, "overrides": []}], {"max_confidence": 10, "overrides": []}),
    ],
)
def test_every_field_can_be_changed(client, new_group, unique, key, value, shown):
    group = new_group()
    if key == "name":
        shown = unique("renamed")
        value = [shown]
    changed = client.group.update_field(id=group["id"], input=[{"key": key, "value": value}])
    assert changed[key] == shown
    assert client.group.read(id=group["id"])[key] == shown
    if key == "default_assignation":
        client.group.update_field(id=group["id"], input=[{"key": key, "value": [False]}])


def test_newcomers_join_groups_for_newcomers(client, new_group, new_user, unique):
    group = new_group(default_assignation=True)
    try:
        assert group["id"] in new_user()["groupsIds"]
        answer = client.query(
            "mutation ($input: UserAddInput!) { userAdd(input: $input) { groups { edges { node { id } } } } }",
            {"input": {"name": "Alone", "user_email": f"{unique()}@example.org", "prevent_default_groups": True}},
        )
        assert answer["data"]["userAdd"]["groups"]["edges"] == []
    finally:
        client.group.delete(id=group["id"])


def test_members(client, new_group, new_user):
    group, user = new_group(), new_user()
    for _ in range(2):
        relation = client.group.add_member(id=group["id"], user_id=user["id"])
        assert relation["entity_type"] == "member-of"
        assert (relation["from"]["id"], relation["to"]["id"]) == (user["id"], group["id"])
    members = client.group.read(id=group["id"])["members"]
    assert [(member["id"], member["user_email"]) for member in members] == [(user["id"], user["user_email"])]
    assert client.group.delete_member(id=group["id"], user_id=user["id"])["members"] == []
    error = failure(client.group.add_member, id=group["id"], user_id=UNKNOWN)
    assert named(error) == "MISSING_REFERENCE_ERROR"


def test_roles(client, new_group, unique):
    group, role = new_group(), client.role.create(name=unique("role"))
    relation = client.group.add_role(id=group["id"], role_id=role["id"])
    assert (relation["from"]["entity_type"], relation["to"]["entity_type"]) == ("Group", "Role")
    assert [entry["id"] for entry in client.group.read(id=group["id"])["roles"]] == [role["id"]]
    assert client.group.delete_role(id=group["id"], role_id=role["id"])["roles"] == []
    assert named(failure(client.group.add_role, id=group["id"], role_id=UNKNOWN)) == "MISSING_REFERENCE_ERROR"


def test_markings(client, new_group):
    amber = client.marking_definition.read(filters=where("definition", "TLP:AMBER"))
    group = new_group()
    relation = client.group.add_allowed_marking(id=group["id"], marking_id=amber["id"])
    assert [marking["id"] for marking in relation["from"]["allowed_marking"]] == [amber["id"]]
    changed = client.group.edit_default_marking(id=group["id"], marking_ids=[amber["id"]])
    assert [(entry["entity_type"], [value["id"] for value in entry["values"]]) for entry in changed["default_marking"]] == [
        ("GLOBAL", [amber["id"]])
    ]
    changed = client.group.delete_allowed_marking(id=group["id"], marking_id=amber["id"])
    assert changed["allowed_marking"] == []
    error = failure(client.group.add_allowed_marking, id=group["id"], marking_id=UNKNOWN)
    assert named(error) == "MISSING_REFERENCE_ERROR"


def test_deleting(client, new_group, new_user):
    group, user = new_group(), new_user()
    client.user.add_membership(id=user["id"], group_id=group["id"])
    client.group.delete(id=group["id"])
    assert client.group.list(filters=where("id", group["id"])) == []
    assert group["id"] not in client.user.read(id=user["id"])["groupsIds"]
    assert named(failure(client.group.delete, id=group["id"])) == "ALREADY_DELETED_ERROR"


def test_confidence_comes_from_the_strongest_group(client, new_user, new_group):
    low = new_group(group_confidence_level={"max_confidence": 20, "overrides": [{"entity_type": "Report", "max_confidence": 99}]})
    high = new_group(group_confidence_level={"max_confidence": 60, "overrides": []})
    user = new_user(groups=[low["id"], high["id"]])
    default = next(group for group in user["groups"] if group["name"] == "Default")
    client.user.delete_membership(id=user["id"], group_id=default["id"])
    effective = client.user.read(id=user["id"])["effective_confidence_level"]
    assert effective["max_confidence"] == 60
    assert effective["source"] == {"type": "Group", "object": {"id": high["id"], "name": high["name"]}}
    assert [(entry["entity_type"], entry["max_confidence"], entry["source"]["object"]["id"]) for entry in effective["overrides"]] == [
        ("Report", 99, low["id"])
    ]


def test_nothing_of_what_is_changed_at_the_same_time_is_lost(client, connect, new_group):
    group, role = new_group(), client.role.create(name="At once")
    markings = [marking["id"] for marking in client.marking_definition.list()]
    capabilities = [entry["id"] for entry in client.capability.list() if entry["name"] != "BYPASS"][:12]
    clients = [connect(perform_health_check=False) for _ in range(6)]

    def both(number):
        mine = clients[number % len(clients)]
        mine.role.add_capability(id=role["id"], capability_id=capabilities[number])
        if number < len(markings):
            mine.group.add_allowed_marking(id=group["id"], marking_id=markings[number])

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(both, range(len(capabilities))))
    allowed = client.group.read(id=group["id"])["allowed_marking"]
    assert {marking["id"] for marking in allowed} == set(markings)
    assert set(client.role.read(id=role["id"])["capabilitiesIds"]) == set(capabilities)
    client.role.delete(id=role["id"])
