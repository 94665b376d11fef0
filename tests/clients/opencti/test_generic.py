"""What every object of knowledge has: the client changes an organisation by this and nothing else."""

import uuid

import pytest

from .conftest import failure, named, where


def test_an_organisation_is_changed_field_by_field(client, new_organization, unique):
    made = new_organization(description="one", x_opencti_aliases=["First"])
    edit = client.stix_domain_object.update_field
    changes = [
        ("description", ["two"], "two"),
        ("contact_information", ["soc@example.org"], "soc@example.org"),
        ("x_opencti_organization_type", ["vendor"], "vendor"),
        ("x_opencti_aliases", ["Second", "Third"], ["Second", "Third"]),
        ("confidence", [40], 40),
        ("revoked", [True], True),
    ]
    for key, value, shown in changes:
        answer = edit(id=made["id"], input=[{"key": key, "value": value}])
        assert (answer["id"], answer["entity_type"]) == (made["id"], "Organization")
        # Some of these are an organisation's alone, and not every identity's.
        selected = f"id entity_type ... on Organization {{ {key} }}"
        assert client.identity.read(id=made["id"], customAttributes=selected)[key] == shown
    added = {"key": "x_opencti_aliases", "value": ["Fourth"], "operation": "add"}
    edit(id=made["id"], input=added)
    assert client.identity.read(id=made["id"])["x_opencti_aliases"] == ["Second", "Third", "Fourth"]
    name = unique("Renamed")
    changed = edit(id=made["standard_id"], input=[{"key": "name", "value": [name]}])
    assert changed["standard_id"] == client.identity.generate_id(name, "organization")
    edit(id=made["id"], input=[{"key": "description", "value": [None]}])
    assert client.identity.read(id=made["id"])["description"] is None


@pytest.mark.parametrize("key, value, code", [
    ("shoe_size", [1], "UNSUPPORTED_ERROR"),
    ("confidence", [101], "VALIDATION_ERROR"),
    ("x_opencti_score", ["many"], "VALIDATION_ERROR"),
    ("name", [" "], "VALIDATION_ERROR"),
    ("x_opencti_stix_ids", ["malware--1"], "VALIDATION_ERROR"),
    ("grantable_groups", [str(uuid.UUID(int=1))], "MISSING_REFERENCE_ERROR"),
])
def test_what_cannot_be_changed_is_refused(client, new_organization, key, value, code):
    made = new_organization(description="one")
    assert named(failure(client.stix_domain_object.update_field, id=made["id"], input=[{"key": key, "value": value}])) == code
    assert client.identity.read(id=made["id"])["description"] == "one"
    unknown = failure(client.stix_domain_object.update_field, id=str(uuid.uuid4()), input=[{"key": "name", "value": ["N N"]}])
    assert named(unknown) == "FUNCTIONAL_ERROR"


def test_reading_takes_what_the_client_sends(client, new_organization, unique):
    stem = unique("Generic")
    made = [new_organization(name=f"{stem} {number}", description=stem) for number in range(5)]
    ids = [row["id"] for row in made]
    objects = client.stix_domain_object
    read = objects.read(id=ids[0])
    assert (read["name"], read["entity_type"], read["objectMarking"]) == (f"{stem} 0", "Organization", [])
    assert objects.read(id=ids[0], withFiles=True)["importFiles"] == []
    assert objects.read(id=made[0]["standard_id"], customAttributes="id entity_type")["id"] == ids[0]
    assert objects.read(id=str(uuid.uuid4())) is None
    assert objects.read(filters=where("name", f"{stem} 3"), types=["Organization"])["id"] == ids[3]
    assert objects.read(filters=where("name", unique("nobody"))) is None
    options = {"types": ["Organization"], "search": f'"{stem}"', "orderBy": "name"}
    assert [row["id"] for row in objects.list(**options, orderMode="desc")] == ids[::-1]
    assert [row["id"] for row in objects.list(**options, first=2, getAll=True)] == ids
    page = objects.list(**options, first=2, withPagination=True)
    assert [row["id"] for row in page["entities"]] == ids[:2]
    assert page["pagination"]["globalCount"] == 5
    following = objects.list(**options, first=2, after=page["pagination"]["endCursor"], customAttributes="id entity_type")
    assert [row["id"] for row in following] == ids[2:4]
    assert objects.list(types=["Report", "Malware"]) == []
    assert len(objects.list(**options, withFiles=True)) == 5
    found = objects.get_by_stix_id_or_name(name=f"{stem} 2", types=["Organization"])
    assert found["id"] == ids[2]
    assert {row["id"] for row in client.stix_core_object.list(search=f'"{stem}"')} == set(ids)
    assert client.stix_core_object.read(id=ids[4])["name"] == f"{stem} 4"


def test_a_creation_updates_what_is_there(client, new_organization, unique):
    stix_id = f"identity--{uuid.uuid4()}"
    made = new_organization(description="one", contact_information="kept", stix_id=stix_id)
    again = new_organization(name=client.identity.read(id=made["id"])["name"], description="two", update=True)
    assert again["id"] == made["id"]
    read = client.identity.read(id=stix_id)
    assert (read["id"], read["description"], read["contact_information"]) == (made["id"], "two", "kept")
    assert new_organization(name=unique("Another"), stix_id=stix_id)["id"] == made["id"]


def test_people_without_the_right_change_nothing(client, connect, new_user, token_of, new_organization):
    made = new_organization(description="one")
    own = connect(token_of(new_user()))
    assert own.stix_domain_object.read(id=made["id"])["description"] == "one"
    error = failure(own.stix_domain_object.update_field, id=made["id"], input=[{"key": "description", "value": ["x"]}])
    assert named(error) == "FORBIDDEN_ACCESS"
    assert client.identity.read(id=made["id"])["description"] == "one"
