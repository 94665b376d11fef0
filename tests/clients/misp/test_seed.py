"""The examples of the client's documentation, as written but for the address, the key and the names that
the client has today: `change_user_password` is about oneself, others get theirs by `update_user`."""

from misp_answers import ok
from pymisp import MISPOrganisation, MISPUser, PyMISP


def test_the_examples_work_as_written(make_usher):
    server = make_usher(demo=False)
    misp = PyMISP(server.env["MISP_URL"], server.env["MISP_KEY"])

    # Create new user
    user = MISPUser()
    user.email = "analyst@company.com"
    user.org_id = 1
    user.role_id = 3  # Regular user role
    response = misp.add_user(user)
    assert ok(response)["User"]["email"] == "analyst@company.com"
    user_id = response["User"]["id"]

    # List all users
    users = misp.users()
    assert [row["User"]["id"] for row in users] == ["1", user_id]

    # Update user
    assert "User" in ok(misp.update_user({"password": "new_secure_password"}, user_id))
    assert ok(misp.change_user_password("new_secure_password"))["saved"] is True
    assert ok(misp.update_user({"role_id": 4}, user_id))["User"]["role_id"] == "4"

    # Create organization
    org = MISPOrganisation()
    org.name = "Cybersec Corp"
    org.description = "Cybersecurity company"
    org.type = "Private Sector"
    org.nationality = "US"
    assert ok(misp.add_organisation(org))["Organisation"]["name"] == "Cybersec Corp"

    # List organizations
    orgs = misp.organisations(scope="all")
    assert "Cybersec Corp" in [row["Organisation"]["name"] for row in orgs]

    # Roles
    assert len(misp.roles()) == 6
    assert misp.direct_call("roles/view/3")["Role"]["name"] == "User"
    assert ok(misp.set_default_role(3))["message"] == "Default role set."
    assert ok(misp.delete_user(user_id))["message"] == "User deleted."
