"""Settings, organisations, markings, e-mail templates, and one's own account."""

from .conftest import failure, named, where

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def test_settings(client):
    settings = client.settings.read(include_password_policy=True, include_messages=True)
    assert settings["entity_type"] == "Settings"
    assert [status["status"] for status in settings["platform_user_statuses"]] == ["Active", "Inactive", "Locked", "Expired"]
    assert settings["platform_enterprise_edition"]["license_enterprise"] is False
    title = settings["platform_title"]
    try:
        changed = client.settings.update_field(id=settings["id"], input=[{"key": "platform_title", "value": "Usher"}])
        assert changed["platform_title"] == "Usher"
        assert client.settings.read()["platform_title"] == "Usher"
    finally:
        client.settings.update_field(id=settings["id"], input=[{"key": "platform_title", "value": title}])
    error = failure(client.settings.update_field, id=UNKNOWN, input=[{"key": "platform_title", "value": "x"}])
    assert named(error) == "FUNCTIONAL_ERROR"


def test_messages(client):
    settings_id = client.settings.read()["id"]
    message = {"message": "hello", "activated": True, "dismissible": True}
    shown = client.settings.edit_message(id=settings_id, input=message)["platform_messages"]
    assert [entry["message"] for entry in shown] == ["hello"]
    changed = client.settings.edit_message(id=settings_id, input={**message, "id": shown[0]["id"], "activated": False})
    assert changed["platform_messages"] == []
    assert [entry["activated"] for entry in changed["messages_administration"]] == [False]
    gone = client.settings.delete_message(id=settings_id, input=shown[0]["id"])
    assert gone["messages_administration"] == []


def test_the_password_policy_holds_once_it_is_set(client, new_user):
    settings_id = client.settings.read()["id"]

    def policy(figure):
        client.settings.update_field(id=settings_id, input=[{"key": "password_policy_min_numbers", "value": figure}])

    user = new_user()
    policy(3)
    try:
        weak = [{"key": "password", "value": ["a long enough passphrase 12"]}]
        error = failure(client.user.update_field, id=user["id"], input=weak)
        assert (named(error), error["error_message"].startswith("Invalid password")) == ("FUNCTIONAL_ERROR", True)
        strong = [{"key": "password", "value": ["a long enough passphrase 123"]}]
        assert client.user.update_field(id=user["id"], input=strong)["id"] == user["id"]
    finally:
        policy(0)


def test_an_organisation_from_beginning_to_end(client, unique):
    name = unique("Acme Corp")
    made = client.identity.create(
        type="Organization",
        name=name,
        description="Customer",
        contact_information="soc@acme.test",
        x_opencti_aliases=["Acme"],
        x_opencti_organization_type="vendor",
        x_opencti_reliability="B - Usually reliable",
        x_opencti_score=60,
    )
    assert made["standard_id"] == client.identity.generate_id(name, "organization")
    read = client.identity.read(id=made["id"])
    expected = {
        "name": name,
        "description": "Customer",
        "contact_information": "soc@acme.test",
        "x_opencti_aliases": ["Acme"],
        "x_opencti_organization_type": "vendor",
        "x_opencti_reliability": "B - Usually reliable",
        "x_opencti_score": 60,
        "identity_class": "organization",
        "entity_type": "Organization",
        "revoked": False,
    }
    assert {key: read[key] for key in expected} == expected
    assert client.identity.read(id=made["standard_id"])["id"] == made["id"]
    assert client.identity.read(id=made["id"], withFiles=True)["importFiles"] == []
    assert client.identity.create(type="Organization", name=f" {name.upper()} ")["id"] == made["id"]
    assert client.identity.read(filters=where("name", name))["id"] == made["id"]
    listed = client.identity.list(types=["Organization"], search=name, orderBy="name", orderMode="asc", first=50, withPagination=True)
    assert made["id"] in [entry["id"] for entry in listed["entities"]]
    assert client.identity.list(types=["Individual"]) == []
    everything = client.identity.list(types=["Organization"], getAll=True, first=2)
    assert made["id"] in [entry["id"] for entry in everything]
    client.stix_domain_object.delete(id=made["id"])
    assert client.identity.list(types=["Organization"], search=name) == []
    assert named(failure(client.stix_domain_object.delete, id=made["id"])) == "ALREADY_DELETED_ERROR"


def test_an_organisation_with_people_stays(client, new_organization, new_user):
    organization = new_organization()
    new_user(objectOrganization=[organization["id"]])
    assert named(failure(client.stix_domain_object.delete, id=organization["id"])) == "FUNCTIONAL_ERROR"


def test_an_organisation_may_come_with_files(client, unique):
    name = unique("With file")
    made = client.identity.create(type="Organization", name=name, files=[client.file("a.txt", b"text", "text/plain")])
    assert client.identity.read(id=made["id"])["name"] == name


def test_markings(client):
    markings = {marking["definition"]: marking for marking in client.marking_definition.list(first=100)}
    assert {"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", "PAP:RED"} <= markings.keys()
    red = markings["TLP:RED"]
    assert red["standard_id"] == client.marking_definition.generate_id("TLP", "TLP:RED")
    assert client.marking_definition.read(id=red["id"]) == red
    assert client.marking_definition.read(id=red["standard_id"])["id"] == red["id"]


TEMPLATE = "id name email_object sender_email template_body"


def test_templates_and_mail(client, usher, new_user):
    listed = client.query(f"query {{ emailTemplates {{ edges {{ node {{ {TEMPLATE} }} }} }} }}")
    assert len(listed["data"]["emailTemplates"]["edges"]) >= 1
    add = f"mutation ($input: EmailTemplateAddInput!) {{ emailTemplateAdd(input: $input) {{ {TEMPLATE} }} }}"
    template = client.query(add, {"input": {
        "name": "Hello", "email_object": "Hello $user.firstname", "sender_email": "Ada",
        "template_body": "<p>$user.name has $user.user_email</p>",
    }})["data"]["emailTemplateAdd"]  # fmt: skip
    user = new_user(firstname="Grace")
    assert client.user.send_mail(id=user["id"], template_id=template["id"]) is None
    patch = f"mutation ($id: ID!, $input: [EditInput!]!) {{ emailTemplateFieldPatch(id: $id, input: $input) {{ {TEMPLATE} }} }}"
    patched = client.query(patch, {"id": template["id"], "input": [{"key": "name", "value": ["Hallo"]}]})
    assert patched["data"]["emailTemplateFieldPatch"]["name"] == "Hallo"
    client.query("mutation ($id: ID!) { emailTemplateDelete(id: $id) }", {"id": template["id"]})
    error = failure(client.user.send_mail, id=user["id"], template_id=template["id"])
    assert (named(error), error["error_message"]) == ("UNSUPPORTED_ERROR", "Invalid email template")
    error = failure(client.user.send_mail, id=UNKNOWN, template_id=template["id"])
    assert (named(error), error["error_message"]) == ("UNSUPPORTED_ERROR", "Target user not found")


EDIT = "mutation ($input: [EditInput]!, $password: String) { meEdit(input: $input, password: $password) { id name theme } }"


def test_ones_own_account(client, connect, new_user, token_of):
    user = new_user(password="cobalt lantern orchard nine")
    own = connect(token_of(user))
    changed = own.query(EDIT, {"input": [{"key": "name", "value": ["Own Name"]}, {"key": "theme", "value": ["dark"]}]})
    assert changed["data"]["meEdit"]["name"] == "Own Name"
    assert changed["data"]["meEdit"]["theme"] == "dark"
    error = failure(own.query, EDIT, {"input": [{"key": "account_status", "value": ["Active"]}]})
    assert named(error) == "FORBIDDEN_ACCESS"
    new = [{"key": "password", "value": ["another horse battery staple"]}]
    assert named(failure(own.query, EDIT, {"input": new, "password": "wrong"})) == "FUNCTIONAL_ERROR"
    own.query(EDIT, {"input": new, "password": "cobalt lantern orchard nine"})


def test_ones_own_tokens(connect, new_user, token_of):
    user = new_user()
    own = connect(token_of(user))
    made = own.query(
        "mutation ($input: UserTokenAddInput!) { userTokenAdd(input: $input) { token_id plaintext_token masked_token } }",
        {"input": {"name": "mine", "duration": "DAYS_30"}},
    )["data"]["userTokenAdd"]
    assert made["masked_token"] == "****" + made["plaintext_token"][-4:]
    assert connect(made["plaintext_token"]).user.me()["id"] == user["id"]
    revoked = own.query("mutation ($id: ID!) { userTokenRevoke(id: $id) }", {"id": made["token_id"]})
    assert revoked["data"]["userTokenRevoke"] == made["token_id"]
    assert named(failure(connect(made["plaintext_token"], perform_health_check=False).user.me)) == "AUTH_REQUIRED"
