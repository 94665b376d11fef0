"""Everything that client.role and client.capability can do."""

from .conftest import failure, named

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def capability(client, name):
    return next(entry for entry in client.capability.list() if entry["name"] == name)


def test_capabilities(client):
    entries = client.capability.list()
    assert len(entries) == 56
    assert entries[0]["name"] == "BYPASS"
    orders = [entry["attribute_order"] for entry in entries]
    assert orders == sorted(orders)
    for entry in entries:
        assert entry["entity_type"] == "Capability"
        assert entry["standard_id"].startswith("capability--")


def test_the_platforms_own_roles(client):
    roles = {role["name"]: role for role in client.role.list(getAll=True)}
    assert [entry["name"] for entry in roles["Administrator"]["capabilities"]] == ["BYPASS"]
    assert "KNOWLEDGE" in [entry["name"] for entry in roles["Default"]["capabilities"]]
    assert "CONNECTORAPI" in [entry["name"] for entry in roles["Connector"]["capabilities"]]
    assert roles["Default"]["can_manage_sensitive_config"] is False


def test_a_role_from_beginning_to_end(client, unique):
    name = unique("Analyst")
    role = client.role.create(name=name, description="SOC analyst")
    assert (role["name"], role["description"], role["entity_type"]) == (name, "SOC analyst", "Role")
    assert (role["capabilities"], role["capabilitiesInDraft"]) == ([], [])
    assert role["standard_id"].startswith("role--")
    assert client.role.read(id=role["id"]) == role
    assert client.role.read(id=role["standard_id"])["id"] == role["id"]
    assert client.role.read(search=name)["id"] == role["id"]
    assert client.role.create(name=name)["id"] == role["id"]
    changed = client.role.update_field(
        id=role["id"],
        input=[{"key": "description", "value": "Tier 1"}, {"key": "can_manage_sensitive_config", "value": True}],
    )
    assert (changed["description"], changed["can_manage_sensitive_config"]) == ("Tier 1", True)
    client.role.delete(id=role["id"])
    assert client.role.list(search=name) == []
    assert named(failure(client.role.delete, id=role["id"])) == "ALREADY_DELETED_ERROR"


def test_capabilities_of_a_role(client, unique):
    role = client.role.create(name=unique("role"))
    names = lambda role: [entry["name"] for entry in role["capabilities"]]  # noqa: E731
    for wanted in ("KNOWLEDGE_KNUPDATE", "KNOWLEDGE"):
        relation = client.role.add_capability(id=role["id"], capability_id=capability(client, wanted)["id"])
        assert relation["to"]["name"] == wanted
    assert names(client.role.read(id=role["id"])) == ["KNOWLEDGE", "KNOWLEDGE_KNUPDATE"]
    changed = client.role.delete_capability(id=role["id"], capability_id=capability(client, "KNOWLEDGE")["id"])
    assert names(changed) == ["KNOWLEDGE_KNUPDATE"]
    error = failure(client.role.add_capability, id=role["id"], capability_id=UNKNOWN)
    assert named(error) == "MISSING_REFERENCE_ERROR"


def test_what_a_role_brings_is_there_at_once(client, connect, new_group, new_user, token_of, unique):
    group = new_group()
    role = client.role.create(name=unique("role"))
    client.group.add_role(id=group["id"], role_id=role["id"])
    other = connect(token_of(user := new_user(groups=[group["id"]])))
    assert named(failure(other.role.list)) == "FORBIDDEN_ACCESS"
    accesses = capability(client, "SETTINGS_SETACCESSES")["id"]
    client.role.add_capability(id=role["id"], capability_id=accesses)
    assert len(other.role.list()) >= 3
    assert "SETTINGS_SETACCESSES" in [entry["name"] for entry in other.user.me()["capabilities"]]
    assert role["id"] in client.user.read(id=user["id"])["rolesIds"]
    client.role.delete_capability(id=role["id"], capability_id=accesses)
    assert named(failure(other.role.list)) == "FORBIDDEN_ACCESS"


def test_lists_of_roles(client, unique):
    stem = unique("ranked")
    for letter in "abc":
        client.role.create(name=f"{stem}-{letter}")
    found = client.role.list(search=stem, orderBy="name", orderMode="desc")
    assert [role["name"][-1] for role in found] == ["c", "b", "a"]
    page = client.role.list(search=stem, orderBy="name", first=2, withPagination=True)
    assert (page["pagination"]["hasNextPage"], page["pagination"]["globalCount"]) == (True, 3)
    rest = client.role.list(search=stem, orderBy="name", first=2, after=page["pagination"]["endCursor"])
    assert [role["name"][-1] for role in rest] == ["c"]
