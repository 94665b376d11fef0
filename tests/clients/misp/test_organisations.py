"""Organisations: every method of the client, field by field."""

import uuid

import pytest
from misp_answers import ok, refused
from pymisp import MISPOrganisation

ADDED = {
    "id", "name", "date_created", "date_modified", "description", "type", "nationality", "sector",
    "created_by", "uuid", "contacts", "local", "restricted_to_domain", "landingpage",
}  # fmt: skip


def test_adding_one_with_a_few_fields(misp, mark):
    made = MISPOrganisation()
    made.name = f"Few {mark}"
    made.description = "Cybersecurity company"
    made.type = "Private Sector"
    made.nationality = "US"
    answer = ok(misp.add_organisation(made))["Organisation"]
    assert set(answer) == ADDED
    expected = {
        "name": f"Few {mark}", "description": "Cybersecurity company", "type": "Private Sector",
        "nationality": "US", "sector": "", "created_by": "1", "contacts": None, "local": True,
        "restricted_to_domain": None, "landingpage": None,
    }  # fmt: skip
    assert {name: answer[name] for name in expected} == expected
    assert uuid.UUID(answer["uuid"])


def test_adding_one_with_all_fields(misp, mark):
    own = str(uuid.uuid4())
    sent = {
        "name": f"All {mark}", "uuid": own.upper(), "local": False, "sector": "Finance", "type": "CSIRT",
        "nationality": "FR", "description": "d", "contacts": "soc@remote.example",
        "restricted_to_domain": ["a.example", "b.example"],
    }  # fmt: skip
    made = misp.add_organisation(sent, pythonify=True)
    assert isinstance(made, MISPOrganisation)
    seen = ok(misp.get_organisation(own))["Organisation"]
    assert {**{name: seen[name] for name in sent}, "uuid": own.upper()} == sent
    assert seen["uuid"] == own


def test_errors_of_adding(misp, organisation, mark):
    for sent, errors in [
        ({"name": organisation.name.upper()}, {"name": ["An organisation with this name already exists."]}),
        ({"name": f"x{mark}", "uuid": organisation.uuid}, {"uuid": ["An organisation with this UUID already exists."]}),
        ({"name": f"x{mark}", "uuid": "not-a-uuid"}, {"uuid": ["Please provide a valid RFC 4122 UUID"]}),
    ]:
        answer = refused(misp.add_organisation(sent), 403)
        assert answer == {
            "saved": False, "name": "Could not add Organisation", "message": "Could not add Organisation",
            "url": "/admin/organisations/add", "errors": errors,
        }  # fmt: skip
    for empty in ({"name": ""}, {"description": "no name"}):
        assert set(refused(misp.add_organisation(empty), 403)["errors"]) == {"name"}
    assert misp.organisations(scope="all", search=f"x{mark}") == []


def test_every_way_to_name_one(misp, organisation):
    for which in (organisation.id, int(organisation.id), organisation.uuid, organisation, organisation.name, organisation.name.upper()):
        seen = ok(misp.get_organisation(which))["Organisation"]
        assert seen["id"] == organisation.id
        assert "landingpage" not in seen
        assert (seen["user_count"], seen["created_by"]) == ("0", "1") and "@" in seen["created_by_email"]
    assert misp.get_organisation(organisation.id, pythonify=True).name == organisation.name
    assert misp.organisation_exists(organisation) and misp.organisation_exists(organisation.id)
    assert not misp.organisation_exists(999999)
    body = refused(misp.get_organisation(999999), 404)
    assert body == {"name": "Invalid organisation", "message": "Invalid organisation", "url": "/organisations/view/999999"}
    refused(misp.get_organisation("nobody is called so"), 404)


def test_scopes_and_search(misp, mark):
    here = misp.add_organisation({"name": f"Zeta {mark}", "sector": f"Sector {mark}"}, pythonify=True)
    away = misp.add_organisation({"name": f"alpha {mark}", "local": False}, pythonify=True)

    def found(**options):
        return [row["Organisation"]["id"] for row in ok(misp.organisations(**options))]

    assert found(scope="all", search=mark.upper()) == [away.id, here.id]
    assert found(search=mark) == found(scope="local", search=mark) == [here.id]
    assert found(scope="external", search=mark) == [away.id]
    # A scope that is not known narrows to nothing, and does not fall back to the local ones.
    assert found(scope="mine", search=mark) == []
    assert found(scope="all", search=f"sector {mark}") == [here.id]
    assert found(scope="all", search=here.uuid[:18]) == [here.id]
    assert here.id in found() and away.id not in found()
    ok(misp.update_organisation({"restricted_to_domain": [f"{mark}.example", "other.example"]}, here.id))
    assert found(scope="all", search=f"{mark.upper()}.exa") == [here.id]
    # What stands between domains where they are kept is found by nobody.
    assert here.id not in found(scope="all", search='","') + found(scope="all", search='e"')
    for alias in ("all", "quickFilter"):
        rows = ok(misp.direct_call(f"organisations/index/scope:all/{alias}:{mark}"))
        assert [row["Organisation"]["id"] for row in rows] == [away.id, here.id]
    names = [row["Organisation"]["name"].lower() for row in misp.organisations(scope="all")]
    assert names == sorted(names)
    row = misp.organisations(scope="all", search=mark)[0]["Organisation"]
    assert set(row) == ADDED | {"user_count", "created_by_email"}
    assert all(isinstance(one, MISPOrganisation) for one in misp.organisations(pythonify=True))


def test_the_count_of_users(misp, organisation, make_user):
    make_user("one", org_id=organisation.id)
    make_user("two", org_id=organisation.id)
    row = misp.organisations(search=organisation.name)[0]["Organisation"]
    assert row["user_count"] == misp.get_organisation(organisation)["Organisation"]["user_count"] == "2"


def test_editing(misp, organisation, mark):
    fetched = misp.get_organisation(organisation, pythonify=True)
    fetched.description = "Changed"
    answer = ok(misp.update_organisation(fetched))["Organisation"]
    assert set(answer) == ADDED
    assert (answer["description"], answer["restricted_to_domain"]) == ("Changed", [])
    answer = ok(misp.update_organisation({"name": f"Renamed {mark}"}, organisation.id))["Organisation"]
    assert (answer["name"], answer["description"]) == (f"Renamed {mark}", "Changed")
    misp.update_organisation({"sector": "Energy", "restricted_to_domain": "a.example\nb.example"}, organisation_id=organisation.id, pythonify=True)
    seen = misp.get_organisation(organisation.id)["Organisation"]
    assert (seen["sector"], seen["restricted_to_domain"]) == ("Energy", ["a.example", "b.example"])
    assert (seen["uuid"], seen["type"]) == (organisation.uuid, "")
    taken = refused(misp.update_organisation({"name": misp.get_organisation(1)["Organisation"]["name"]}, organisation.id), 403)
    assert taken == {
        "saved": False, "name": "Could not edit Organisation", "message": "Could not edit Organisation",
        "url": "/admin/organisations/edit", "errors": {"name": ["An organisation with this name already exists."]},
    }  # fmt: skip
    assert refused(misp.update_organisation({"name": "x"}, 999999), 404)["message"] == "Invalid organisation"


def test_writing_back_the_first_organisation_changes_nothing(misp):
    before = misp.get_organisation(1)["Organisation"]
    assert before["type"] == "ADMIN"
    misp.update_organisation(misp.get_organisation(1, pythonify=True))
    assert misp.get_organisation(1)["Organisation"] == before


def test_deleting(misp, organisation, make_user):
    user, _ = make_user("in-use", org_id=organisation.id)
    answer = refused(misp.delete_organisation(organisation), 403)
    url = f"/admin/organisations/delete/{organisation.id}"
    said = "Could not delete Organisation"
    assert answer == {"saved": False, "name": said, "message": said, "url": url, "errors": [], "id": organisation.id}
    ok(misp.delete_user(user["id"]))
    answer = ok(misp.delete_organisation(organisation))
    said = "Organisation deleted"
    assert answer == {"saved": True, "success": True, "name": said, "message": said, "url": url, "id": organisation.id}
    assert refused(misp.delete_organisation(organisation.id), 404)["message"] == "Invalid organisation"
    refused(misp.delete_organisation(1), 403)
    said = "Action not allowed, post or delete request expected."
    assert refused(misp.direct_call("admin/organisations/delete/1"), 405)["message"] == said


@pytest.mark.parametrize("who", ["boss", "plain"])
def test_others_may_only_look_at_their_own(request, who, organisation, misp):
    client = request.getfixturevalue(who)
    for answer in (
        client.add_organisation({"name": "x"}),
        client.update_organisation({"name": "x"}, organisation.id),
        client.delete_organisation(organisation.id),
    ):
        assert refused(answer, 403)["name"] == "You do not have permission to use this functionality."
    seen = ok(client.get_organisation(organisation.id))["Organisation"]
    assert ("created_by_email" in seen) == (who == "boss")
    rows = ok(client.organisations(scope="all"))
    assert [row["Organisation"]["id"] for row in rows] == [organisation.id]
    assert "created_by" not in rows[0]["Organisation"]
    foreign = refused(client.get_organisation(1), 404)
    missing = refused(client.get_organisation(999999), 404)
    assert foreign["name"] == missing["name"]
