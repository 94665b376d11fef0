"""Who may do what: people without rights, organisations' administrators, and the walls between."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from .conftest import failure, named, where

UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def ordinary(connect, new_user, token_of):
    user = new_user()
    return user, connect(token_of(user))


def test_an_ordinary_person_sees_themselves_alone(client, ordinary, new_group):
    user, own = ordinary
    me = own.user.me()
    assert me["id"] == user["id"]
    assert me["groups"] and me["capabilities"]
    group = new_group()
    for call, options in (
        (own.user.list, {}),
        (own.user.read, {"id": user["id"]}),
        (own.user.create, {"name": "N N", "user_email": "n@example.org"}),
        (own.user.update_field, {"id": user["id"], "input": [{"key": "name", "value": ["N N"]}]}),
        (own.user.delete, {"id": user["id"]}),
        (own.user.add_membership, {"id": user["id"], "group_id": group["id"]}),
        (own.user.create_token, {"user_id": user["id"], "token_name": "x"}),
        (own.user.send_mail, {"id": user["id"], "template_id": UNKNOWN}),
        (own.group.list, {}),
        (own.group.create, {"name": "mine", "group_confidence_level": {"max_confidence": 1, "overrides": []}}),
        (own.role.list, {}),
        (own.role.create, {"name": "mine"}),
        (own.capability.list, {}),
        (own.identity.create, {"type": "Organization", "name": "Mine"}),
        (own.settings.update_field, {"id": client.settings.read()["id"], "input": [{"key": "platform_title", "value": "x"}]}),
    ):
        assert named(failure(call, **options)) == "FORBIDDEN_ACCESS", call
    assert own.settings.read()["platform_title"]
    assert own.marking_definition.list()


def test_nobody_uses_a_token_without_the_capability(client, connect, new_user, new_group, token_of):
    user = new_user(groups=[new_group("KNOWLEDGE")["id"]])
    default = next(group for group in user["groups"] if group["name"] == "Default")
    client.user.delete_membership(id=user["id"], group_id=default["id"])
    token = token_of(user)
    assert named(failure(connect(token, perform_health_check=False).user.me)) == "AUTH_REQUIRED"
    client.user.add_membership(id=user["id"], group_id=default["id"])
    assert connect(token).user.me()["id"] == user["id"]


def test_a_manager_of_access_raises_nobody_above_themselves(client, connect, new_user, new_group, token_of):
    manager = new_user(groups=[new_group("SETTINGS_SETACCESSES", "APIACCESS_USETOKEN")["id"]])
    own = connect(token_of(manager))
    administrators = client.group.read(filters=where("name", "Administrators"))
    for call in (own.user.add_membership, ):
        assert named(failure(call, id=manager["id"], group_id=administrators["id"])) == "FORBIDDEN_ACCESS"
    bypass = next(entry for entry in client.capability.list() if entry["name"] == "BYPASS")
    role = own.role.create(name="harmless " + manager["id"])
    assert named(failure(own.role.add_capability, id=role["id"], capability_id=bypass["id"])) == "FORBIDDEN_ACCESS"
    owner = client.user.me()
    for call, options in (
        (own.user.update_field, {"input": [{"key": "password", "value": ["cobalt lantern orchard nine"]}]}),
        (own.user.update_field, {"input": [{"key": "account_status", "value": ["Inactive"]}]}),
        (own.user.delete, {}),
    ):
        assert named(failure(call, id=owner["id"], **options)) == "FORBIDDEN_ACCESS"
    error = failure(own.user.create_token, user_id=owner["id"], token_name="x")
    assert named(error) == "FORBIDDEN_ACCESS"


ADMIN = "mutation ($id: ID!, $memberId: String!) { %s(id: $id, memberId: $memberId) { id authorized_authorities } }"


@pytest.fixture
def organization_admin(client, connect, new_user, new_organization, token_of):
    """An organisation, one of its people, and its administrator's client."""
    organization = new_organization()
    member = new_user(objectOrganization=[organization["id"]])
    admin = new_user(objectOrganization=[organization["id"]])
    answer = client.query(ADMIN % "organizationAdminAdd", {"id": organization["id"], "memberId": admin["id"]})
    assert answer["data"]["organizationAdminAdd"]["authorized_authorities"] == [admin["id"]]
    return organization, member, admin, connect(token_of(admin))


def test_an_organisations_administrator_keeps_to_it(client, organization_admin, new_user, unique):
    organization, member, admin, own = organization_admin
    stranger = new_user()
    assert "VIRTUAL_ORGANIZATION_ADMIN" in [entry["name"] for entry in own.user.me()["capabilities"]]
    assert [entry["id"] for entry in own.user.me()["administrated_organizations"]] == [organization["id"]]
    assert {user["id"] for user in own.user.list()} == {member["id"], admin["id"]}
    answer = own.query("query ($id: String!) { user(id: $id) { id } }", {"id": stranger["id"]})
    assert answer["data"]["user"] is None
    changed = own.user.update_field(id=member["id"], input=[{"key": "description", "value": ["ours"]}])
    assert changed["description"] == "ours"
    assert named(failure(own.user.delete, id=stranger["id"])) == "FUNCTIONAL_ERROR"
    made = own.user.create(name="New Colleague", user_email=f"{unique()}@example.org", objectOrganization=[organization["id"]])
    assert made["objectOrganizationIds"] == [organization["id"]]
    error = failure(own.user.create, name="New Stranger", user_email=f"{unique()}@example.org")
    assert named(error) == "FORBIDDEN_ACCESS"
    for call, options in (
        (own.user.create_token, {"user_id": member["id"], "token_name": "x"}),
        (own.role.list, {}),
        (own.capability.list, {}),
    ):
        assert named(failure(call, **options)) == "FORBIDDEN_ACCESS"


def test_an_organisations_administrator_can_be_dismissed(client, organization_admin):
    organization, _, admin, own = organization_admin
    client.query(ADMIN % "organizationAdminRemove", {"id": organization["id"], "memberId": admin["id"]})
    assert named(failure(own.user.list)) == "FORBIDDEN_ACCESS"


def test_only_members_administer(client, new_user, new_organization):
    organization, stranger = new_organization(), new_user()
    error = failure(client.query, ADMIN % "organizationAdminAdd", {"id": organization["id"], "memberId": stranger["id"]})
    assert named(error) == "FUNCTIONAL_ERROR"


def test_an_expired_token_is_refused(client, connect, native, new_user):
    user = new_user()
    soon = (datetime.now(timezone.utc) + timedelta(seconds=1)).isoformat()
    made = native.post(f"/users/{user['id']}/keys", {"name": "old", "expires_at": soon})
    time.sleep(1.5)
    assert named(failure(connect(made["secret"], perform_health_check=False).user.me)) == "AUTH_REQUIRED"


def test_a_read_only_key_reads(client, connect, native, usher):
    me = client.user.me()
    made = native.post(f"/users/{me['id']}/keys", {"name": "reader", "read_only": True})
    reader = connect(made["secret"])
    assert reader.user.list(first=1)
    error = failure(reader.user.create, name="N N", user_email="n@example.org")
    assert named(error) == "FORBIDDEN_ACCESS"


def test_those_who_bypass_everything_act_for_others(client, connect, new_user, new_group, token_of):
    user = new_user(password="cobalt lantern orchard nine")
    manager = new_user(groups=[new_group("SETTINGS_SETACCESSES", "APIACCESS_USETOKEN")["id"]])
    acting = connect()
    acting.set_applicant_id_header(user["id"])
    assert acting.user.me()["id"] == user["id"]
    assert named(failure(acting.user.list)) == "FORBIDDEN_ACCESS"
    edit = "mutation ($input: [EditInput]!) { meEdit(input: $input) { id theme } }"
    changed = acting.query(edit, {"input": [{"key": "theme", "value": ["dark"]}]})
    assert changed["data"]["meEdit"] == {"id": user["id"], "theme": "dark"}
    acting.set_applicant_id_header(UNKNOWN)
    assert named(failure(acting.user.me)) == "FUNCTIONAL_ERROR"
    # Whoever may not is told so, and does nothing under a name they did not mean.
    other = connect(token_of(manager))
    other.set_applicant_id_header(user["id"])
    assert named(failure(other.user.me)) == "FORBIDDEN_ACCESS"
    error = failure(other.user.update_field, id=user["id"], input=[{"key": "theme", "value": ["light"]}])
    assert named(error) == "FORBIDDEN_ACCESS"
    assert client.user.read(id=user["id"])["theme"] == "dark"


def test_an_organisations_administrator_writes_its_templates(client, organization_admin):
    own = organization_admin[3]
    add = "mutation ($input: EmailTemplateAddInput!) { emailTemplateAdd(input: $input) { id name } }"
    content = {"name": "Ours", "email_object": "Hello", "sender_email": "Us", "template_body": "<p>Hello</p>"}
    template = own.query(add, {"input": content})["data"]["emailTemplateAdd"]
    assert own.user.send_mail(id=organization_admin[1]["id"], template_id=template["id"]) is None
    patch = "mutation ($id: ID!, $input: [EditInput!]!) { emailTemplateFieldPatch(id: $id, input: $input) { name } }"
    change = {"input": [{"key": "name", "value": ["Changed"]}]}
    assert own.query(patch, {"id": template["id"], **change})["data"]["emailTemplateFieldPatch"]["name"] == "Changed"
    platforms = client.query(add, {"input": {**content, "name": "The platform's"}})["data"]["emailTemplateAdd"]
    assert named(failure(own.query, patch, {"id": platforms["id"], **change})) == "FORBIDDEN_ACCESS"
    delete = "mutation ($id: ID!) { emailTemplateDelete(id: $id) }"
    assert own.query(delete, {"id": template["id"]})["data"]["emailTemplateDelete"] == template["id"]
    client.query(delete, {"id": platforms["id"]})


def test_an_organisations_administrator_hands_out_its_groups_alone(client, organization_admin, new_group, native):
    organization, member, _, own = organization_admin
    group = new_group("KNOWLEDGE")
    # Outside what may be handed out a group is unknown.
    assert named(failure(own.user.add_membership, id=member["id"], group_id=group["id"])) in (
        "MISSING_REFERENCE_ERROR", "FORBIDDEN_ACCESS",
    )  # fmt: skip
    assert group["id"] not in client.user.read(id=member["id"])["groupsIds"]


def test_a_read_only_or_expired_key_changes_nothing(client, connect, native, new_user, new_group):
    user, group = new_user(), new_group()
    me = client.user.me()
    reader = connect(native.post(f"/users/{me['id']}/keys", {"name": "reader", "read_only": True})["secret"])
    before = client.user.read(id=user["id"])
    for call, options in (
        (reader.user.update_field, {"id": user["id"], "input": [{"key": "name", "value": ["N N"]}]}),
        (reader.user.delete, {"id": user["id"]}),
        (reader.user.add_membership, {"id": user["id"], "group_id": group["id"]}),
        (reader.user.create_token, {"user_id": user["id"], "token_name": "x"}),
        (reader.group.delete, {"id": group["id"]}),
        (reader.role.create, {"name": "by a reader"}),
        (reader.identity.create, {"type": "Organization", "name": "By a reader"}),
    ):
        assert named(failure(call, **options)) == "FORBIDDEN_ACCESS", call
    assert client.user.read(id=user["id"]) == before
    assert reader.user.read(id=user["id"]) == before
