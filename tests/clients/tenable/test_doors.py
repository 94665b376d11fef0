"""People made through other doors show sensible values here, and the other way round."""

import pytest
from tenable.errors import BadRequestError, ForbiddenError, NotFoundError
from tenable_people import PASSWORD, connect, fresh_email, sign_in


def test_a_person_of_the_native_api(native, tie):
    email = fresh_email("native")
    made = native.post("/users", {"email": email, "display_name": "Ada King Lovelace", "department": "Math"})
    person = tie.users.details(made["number"])
    assert person == {
        "id": made["number"],
        "name": "Ada King",
        "surname": "Lovelace",
        "email": email,
        "identifier": email,
        "department": "Math",
        "biography": None,
        "picture": None,
        "active": True,
        "locked_out": False,
        "roles": [],
        "provider": "tenable",
        "eula_version": 0,
    }
    # Writing back what is shown changes nothing there.
    tie.users.update(str(person["id"]), name=person["name"], surname=person["surname"], active=True)
    after = native.get(f"/users/{made['number']}")
    assert (after["display_name"], after["given_name"], after["family_name"]) == ("Ada King Lovelace", None, None)
    # Writing one part makes the rest follow.
    tie.users.update(str(person["id"]), surname="Byron")
    assert native.get(f"/users/{made['number']}")["name"] == "Ada King Byron"


def test_a_service_account_without_an_address(native, tie):
    made = native.post("/users", {"login": fresh_email("robot").split("@")[0], "kind": "service"})
    person = tie.users.details(made["number"])
    assert person["email"].endswith("@usher.invalid") and person["identifier"] == person["email"]
    assert person["name"]
    assert tie.users.update(str(person["id"]), email=person["email"]) == person
    assert native.get(f"/users/{made['number']}")["email"] is None
    with pytest.raises(BadRequestError):
        tie.users.update(str(person["id"]), email="other@usher.invalid")
    with pytest.raises(BadRequestError):
        tie.users.create(name="A", email="a@usher.invalid", password=PASSWORD)


@pytest.mark.parametrize(
    "state, active, locked_out",
    [
        ({"status": "active"}, True, False),
        ({"status": "inactive"}, False, False),
        ({"status": "suspended"}, False, False),
        ({"status": "expired"}, False, False),
        ({"locked": True}, True, True),
    ],
)
def test_states(native, tie, state, active, locked_out):
    made = native.post("/users", {"email": fresh_email(), "given_name": "Ada", **state})
    number = str(made["number"])
    person = tie.users.details(number)
    assert (person["active"], person["locked_out"]) == (active, locked_out)
    # Writing back the coarser state changes nothing.
    tie.users.update(number, active=active)
    after = native.get(f"/users/{number}")
    assert (after["status"], after["locked"]) == (made["status"], made["locked"])
    if locked_out:
        tie.users.update(number, locked_out=False)
        assert native.get(f"/users/{number}")["locked"] is False


def test_a_person_made_here_is_there_natively(native, tie):
    email = fresh_email()
    person = tie.users.create(
        name="Grace", surname="Hopper", email=email, password=PASSWORD, department="Navy", active=True
    )[0]
    there = native.get(f"/users/{person['id']}")
    assert (there["email"], there["login"], there["name"]) == (email, email, "Grace Hopper")
    assert (there["given_name"], there["family_name"], there["department"]) == ("Grace", "Hopper", "Navy")
    assert (there["status"], there["kind"]) == ("active", "person")


def test_a_key_of_the_native_api_opens_here_with_the_rights_here(usher, native, tie):
    made = native.post("/users", {"email": fresh_email(), "given_name": "Ada"})
    client = connect(usher, native.post(f"/users/{made['id']}/keys", {"name": "x"})["secret"])
    me = client.users.info()
    assert (me["id"], me["roles"]) == (made["number"], [])
    with pytest.raises((ForbiddenError, NotFoundError)):
        client.users.details("1")
    tie.users.update_user_roles(str(made["number"]), roles=[1])
    assert client.users.details("1")


def test_an_organisations_administrator_stays_inside(usher, native, tie):
    name = f"Branch of {fresh_email()}"
    branch = native.post("/organisations", {"name": name})
    boss = native.post("/users", {"email": fresh_email(), "given_name": "Boss", "home": branch["id"]})
    native.put(f"/organisations/{branch['id']}/members/{boss['id']}", {"administrator": True})
    client = connect(usher, native.post(f"/users/{boss['id']}/keys", {"name": "x"})["secret"])
    inside = client.users.create(name="In", email=fresh_email(), password=PASSWORD, active=True)[0]
    assert native.get(f"/users/{inside['id']}")["home"] == branch["number"]
    outside = tie.users.create(name="Out", email=fresh_email(), password=PASSWORD)[0]
    assert {one["id"] for one in client.users.list()} == {boss["number"], inside["id"]}
    assert client.users.update(str(inside["id"]), surname="Side")["surname"] == "Side"
    # What lies outside cannot be told from what does not exist.
    texts = set()
    for number in (outside["id"], 2_147_480_000):
        for call in [
            lambda number=number: client.users.details(number),
            lambda number=number: client.users.update(str(number), name="EDITED"),
            lambda number=number: client.users.update_user_roles(str(number), roles=[2]),
            lambda number=number: client.users.delete(str(number)),
        ]:
            with pytest.raises(NotFoundError) as refused:
                call()
            texts.add(refused.value.response.text)
    assert len(texts) == 1
    # A conflict with somebody outside is a conflict: names are everybody's.
    # Settings of the whole installation are not theirs.
    for refused in [
        lambda: client.lockout_policy.update(enabled=False),
        lambda: client.application_settings.update(tls=True),
        lambda: client.roles.delete("2"),
    ]:
        with pytest.raises((ForbiddenError, BadRequestError)):
            refused()
    client.users.delete(str(inside["id"]))
    assert sign_in(usher, tie.users.info()["email"], usher.env["USHER_PASSWORD"])


def test_many_people_are_listed_whole(native, tie):
    """More than are read at a time."""
    have = len(tie.users.list())
    wanted = 1_050
    for start in range(0, wanted, 210):
        items = [
            {"email": fresh_email("crowd"), "given_name": f"N{number}"} for number in range(start, start + 210)
        ]
        native.post("/users/batch", {"items": items})
    people = tie.users.list()
    assert len(people) == have + wanted
    assert len({person["id"] for person in people}) == len(people)
