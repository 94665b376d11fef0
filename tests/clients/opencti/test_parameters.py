"""The parameters that no other test has a reason to give."""

from .conftest import failure, named, where


def test_custom_attributes_are_all_that_comes_back(client, new_group, unique):
    attributes = {"customAttributes": "id name"}
    level = {"max_confidence": 50, "overrides": []}
    group = client.group.create(name=unique("short"), group_confidence_level=level, **attributes)
    role = client.role.create(name=unique("short"), **attributes)
    change = [{"key": "description", "value": ["x"]}]
    settings = client.settings.read(customAttributes="id platform_title")
    found = [
        group,
        client.group.read(id=group["id"], **attributes),
        client.group.list(filters=where("id", group["id"]), **attributes)[0],
        client.group.update_field(id=group["id"], input=change, **attributes),
        role,
        client.role.read(id=role["id"], **attributes),
        client.role.list(search=role["name"], **attributes)[0],
        client.role.update_field(id=role["id"], input=change, **attributes),
        client.capability.list(**attributes)[0],
    ]
    for thing in found:
        assert {"id", "name"} <= thing.keys()
        assert not {"description", "entity_type"} & thing.keys(), thing
    assert "platform_email" not in settings
    title = [{"key": "platform_title", "value": [settings["platform_title"]]}]
    changed = client.settings.update_field(id=settings["id"], input=title, customAttributes="id platform_title")
    assert changed["platform_title"] == settings["platform_title"]
    made = client.identity.create(type="Organization", name=unique("Short"))
    assert "description" not in client.identity.read(id=made["id"], customAttributes="id name")
    listed = client.identity.list(types=["Organization"], filters=where("id", made["id"]), customAttributes="id name")
    assert [sorted(entry.keys() - {"createdById"}) for entry in listed] == [["id", "name"]]
    assert client.marking_definition.list(customAttributes="id definition")[0].keys() >= {"id", "definition"}


def test_groups_are_read_by_a_search(client, new_group):
    group = new_group()
    assert client.group.read(search=group["name"])["id"] == group["id"]
    assert client.group.read(search="nobody-has-this") is None


def test_default_markings_of_a_type(client, new_group):
    red = client.marking_definition.read(filters=where("definition", "TLP:RED"))
    group = new_group()
    changed = client.group.edit_default_marking(id=group["id"], marking_ids=[red["id"]], entity_type="GLOBAL")
    shown = [(entry["entity_type"], [value["id"] for value in entry["values"]]) for entry in changed["default_marking"]]
    assert shown == [("GLOBAL", [red["id"]])]
    assert client.group.edit_default_marking(id=group["id"], marking_ids=[], entity_type="GLOBAL")["default_marking"] in (
        [], [{"entity_type": "GLOBAL", "values": []}],
    )  # fmt: skip


def test_settings_with_policy_and_messages(client):
    settings = client.settings.read(include_password_policy=True, include_messages=True)
    before = settings["password_policy_min_length"]
    change = [{"key": "password_policy_min_length", "value": [before]}]
    changed = client.settings.update_field(
        id=settings["id"], input=change, include_password_policy=True, include_messages=True
    )
    assert changed["password_policy_min_length"] == before
    assert changed["messages_administration"] == settings["messages_administration"]


def test_every_parameter_of_an_organisation(client, unique):
    red = client.marking_definition.read(filters=where("definition", "TLP:RED"))
    maker = client.identity.create(type="Organization", name=unique("Maker"))
    name = unique("Whole")
    made = client.identity.create(
        type="Organization",
        name=name,
        stix_id=client.identity.generate_id(name, "organization"),
        description="Everything",
        contact_information="soc@example.org",
        lang="en",
        confidence=70,
        revoked=False,
        roles=["defender"],
        created="2020-01-02T03:04:05.000Z",
        modified="2021-01-02T03:04:05.000Z",
        createdBy=maker["id"],
        objectMarking=[red["id"]],
        objectLabel=[],
        externalReferences=[],
        objectOrganization=[],
        custom_field_values=[],
        custom_properties={},
        x_opencti_aliases=["Alias"],
        x_opencti_organization_type="vendor",
        x_opencti_reliability="A - Completely reliable",
        x_opencti_score=80,
        x_opencti_stix_ids=[],
        x_opencti_workflow_id="",
        x_opencti_modified_at="2021-01-02T03:04:05.000Z",
        update=True,
        files=[client.file("a.txt", b"text", "text/plain")],
        filesMarkings=[[red["id"]]],
        noTriggerImport=True,
        embedded=False,
        upsert_operations=[],
    )
    read = client.identity.read(id=made["id"])
    expected = {
        "name": name,
        "standard_id": client.identity.generate_id(name, "organization"),
        "description": "Everything",
        "contact_information": "soc@example.org",
        "confidence": 70,
        "revoked": False,
        "created": "2020-01-02T03:04:05.000Z",
        "modified": "2021-01-02T03:04:05.000Z",
        "x_opencti_aliases": ["Alias"],
        "x_opencti_organization_type": "vendor",
        "x_opencti_reliability": "A - Completely reliable",
        "x_opencti_score": 80,
        # Knowledge that hangs on an identity is not kept.
        "objectMarking": [],
        "objectLabel": [],
        "externalReferences": [],
        "createdBy": None,
    }
    assert {key: read[key] for key in expected} == expected
    assert named(failure(client.identity.create, type="Individual", name="Somebody")) == "GRAPHQL_VALIDATION_FAILED"


def test_organisations_in_pages(client, unique):
    stem = unique("Paged")
    made = [client.identity.create(type="Organization", name=f"{stem} {letter}") for letter in "abc"]
    mine = {"types": ["Organization"], "filters": where("name", stem, operator="starts_with"), "orderBy": "name"}
    for after in (made[0]["id"], made[0]["standard_id"]):
        rest = client.identity.list(**mine, orderMode="asc", after=after, withFiles=True)
        assert [(entry["name"][-1], entry["importFiles"]) for entry in rest] == [("b", []), ("c", [])]


def test_markings_in_pages_and_orders(client):
    page = client.marking_definition.list(first=2, orderBy="definition", orderMode="desc", withPagination=True)
    assert [marking["definition"] for marking in page["entities"]] == ["TLP:RED", "TLP:GREEN"]
    rest = client.marking_definition.list(
        first=1, orderBy="definition", orderMode="desc", after=page["pagination"]["endCursor"]
    )
    assert [marking["definition"] for marking in rest] == ["TLP:CLEAR"]
    by_id = client.marking_definition.list(first=1, orderBy="definition", orderMode="desc", after=rest[0]["id"])
    assert [marking["definition"] for marking in by_id] == ["TLP:AMBER+STRICT"]


def test_filters_nest_as_deep_as_a_request_may(client):
    def nested(depth):
        group = where("name", "nobody has this name")
        for _ in range(depth):
            group = {"mode": "and", "filters": [], "filterGroups": [group]}
        return group

    assert client.user.list(filters=nested(28)) == []
