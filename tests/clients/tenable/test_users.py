"""TenableIE.users, method by method, field by field."""

import pytest
from tenable.errors import (
    BadRequestError,
    NotFoundError,
    RequestConflictError,
    UnauthorizedError,
)
from tenable_people import PASSWORD, connect, fresh_email, sign_in

FIELDS = {
    "id", "surname", "name", "email", "locked_out", "department", "biography", "active", "picture",
    "roles", "identifier", "provider", "eula_version",
}  # fmt: skip


def role_id(tie, name):
    return next(role["id"] for role in tie.roles.list() if role["name"] == name)


def test_create_with_what_is_needed_alone(tie):
    email = fresh_email()
    made = tie.users.create(name="Ada", email=email, password=PASSWORD)
    assert len(made) == 1
    person = made[0]
    assert set(person) == FIELDS
    assert person == {
        "id": person["id"],
        "surname": None,
        "name": "Ada",
        "email": email,
        "locked_out": False,
        "department": None,
        "biography": None,
        "active": False,
        "picture": None,
        "roles": [role_id(tie, "User")],
        "identifier": email,
        "provider": "tenable",
        "eula_version": 0,
    }
    assert isinstance(person["id"], int)
    assert tie.users.details(str(person["id"])) == person
    assert tie.users.details(person["id"]) == person


def test_create_with_everything(tie):
    email = fresh_email()
    person = tie.users.create(
        name="Grace",
        email=email,
        password=PASSWORD,
        surname="Hopper",
        department="Navy",
        biography="Compilers",
        active=True,
        picture=[1, 2],
    )[0]
    expected = {
        "name": "Grace",
        "email": email,
        "surname": "Hopper",
        "department": "Navy",
        "biography": "Compilers",
        "active": True,
        "picture": [1, 2],
    }
    assert {name: person[name] for name in expected} == expected
    assert person in tie.users.list()


def test_create_with_nulls(tie):
    person = tie.users.create(
        name="Nil",
        email=fresh_email(),
        password=PASSWORD,
        surname=None,
        department=None,
        biography=None,
        picture=None,
    )[0]
    assert [person[name] for name in ("surname", "department", "biography", "picture")] == [None] * 4


def test_create_several_keeps_their_order(tie):
    wanted = [{"name": name, "email": fresh_email(), "password": PASSWORD} for name in "CAB"]
    made = tie.post("users", json=wanted)
    assert [person["name"] for person in made] == ["C", "A", "B"]
    assert [person["email"] for person in made] == [one["email"] for one in wanted]


def test_create_several_makes_all_or_none(tie):
    taken = tie.users.create(name="A", email=fresh_email(), password=PASSWORD)[0]["email"]
    good = {"name": "B", "email": fresh_email(), "password": PASSWORD}
    for bad, error in [
        ({**good, "email": taken}, RequestConflictError),
        ({**good, "email": fresh_email(), "password": "short"}, BadRequestError),
        ({**good, "email": fresh_email(), "roles": [1]}, BadRequestError),
        ({"name": "B", "email": fresh_email()}, BadRequestError),
        (dict(good), RequestConflictError),
    ]:
        with pytest.raises(error):
            tie.post("users", json=[good, bad])
    assert good["email"] not in {person["email"] for person in tie.users.list()}


def test_list_shows_everybody_once(tie):
    people = tie.users.list()
    assert all(set(person) == FIELDS for person in people)
    ids = [person["id"] for person in people]
    assert len(ids) == len(set(ids)) and 1 in ids
    # There is no paging: what looks like it changes nothing.
    assert len(tie.get("users", params={"page": 2, "limit": 1})) == len(people)


def test_info_shows_roles_whole(tie):
    me = tie.users.info()
    assert set(me) == FIELDS | {"internal"}
    assert (me["id"], me["internal"], me["eula_version"], me["active"]) == (1, False, -1, True)
    role = next(role for role in me["roles"] if role["name"] == "Global Administrator")
    assert role["id"] == 1 and role["description"]
    assert {"entity_name": "user", "action": "edit", "entity_ids": None, "dynamic_id": None} in role[
        "permissions"
    ]
    assert me["identifier"] == me["email"]


def test_update_everything(tie, usher):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    changes = {
        "name": "Augusta",
        "email": fresh_email(),
        "surname": "Lovelace",
        "department": "Math",
        "biography": "Engines",
        "active": True,
        "picture": [3, 4],
    }
    updated = tie.users.update(str(person["id"]), password="N3w!Tangerine-Quarry", **changes)
    assert updated == {**person, **changes, "identifier": changes["email"]}
    assert tie.users.details(person["id"]) == updated
    assert sign_in(usher, changes["email"], "N3w!Tangerine-Quarry")
    with pytest.raises(UnauthorizedError):
        sign_in(usher, changes["email"], PASSWORD)


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", "EDITED"),
        ("surname", "Byron"),
        ("department", "Poetry"),
        ("biography", "Daughter of a poet"),
        ("active", True),
        ("picture", [9]),
        ("picture", []),
        ("surname", None),
        ("department", None),
        ("biography", None),
        ("picture", None),
    ],
)
def test_update_one_field_leaves_the_others(tie, field, value):
    person = tie.users.create(
        name="Ada",
        email=fresh_email(),
        password=PASSWORD,
        surname="Lovelace",
        department="Math",
        biography="Engines",
        picture=[1],
    )[0]
    assert tie.users.update(str(person["id"]), **{field: value}) == {**person, field: value}


def test_writing_back_what_is_shown_changes_nothing(tie):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD, picture=[1])[0]
    shown = ("name", "surname", "email", "department", "biography", "active", "picture")
    again = tie.users.update(str(person["id"]), **{name: person[name] for name in shown})
    assert again == person


def test_update_with_nothing_answers_the_user(tie):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    assert tie.users.update(str(person["id"])) == person


def test_texts_are_kept_as_sent(tie):
    texts = {"name": "Zoë 李", "surname": "O'Brien-Ñ", "department": "R&D <b>", "biography": "a\nb\t\"c\" 🚀"}
    person = tie.users.create(email=fresh_email(), password=PASSWORD, **texts)[0]
    assert {name: tie.users.details(person["id"])[name] for name in texts} == texts


def test_delete_is_final(tie, usher):
    email = fresh_email()
    person = tie.users.create(name="Ada", email=email, password=PASSWORD, active=True)[0]
    tie.users.delete(str(person["id"]))
    with pytest.raises(NotFoundError):
        tie.users.details(person["id"])
    with pytest.raises(NotFoundError):
        tie.users.delete(str(person["id"]))
    with pytest.raises(UnauthorizedError):
        sign_in(usher, email)
    assert email not in {one["email"] for one in tie.users.list()}
    # The address is free again; the number is not.
    assert tie.users.create(name="Ada", email=email, password=PASSWORD)[0]["id"] > person["id"]


def test_delete_answers_204(tie):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    answer = tie.delete(f"users/{person['id']}", conv_json=False)
    assert answer.status_code == 204 and answer.content == b""


def test_nobody_deletes_themselves(tie):
    with pytest.raises(BadRequestError):
        tie.users.delete("1")
    assert tie.users.details("1")["active"]


def test_addresses_are_unique_without_case(tie):
    email = fresh_email("Case")
    one = tie.users.create(name="Ada", email=email, password=PASSWORD)[0]
    assert one["email"] == email
    with pytest.raises(RequestConflictError):
        tie.users.create(name="Ada", email=email.upper(), password=PASSWORD)
    other = tie.users.create(name="Eve", email=fresh_email(), password=PASSWORD)[0]
    with pytest.raises(RequestConflictError):
        tie.users.update(str(other["id"]), email=email.lower())
    assert tie.users.details(other["id"]) == other


@pytest.mark.parametrize(
    "password", ["", "short", "Sh0rt!", "password1234", "x" * 2_000], ids=["empty", "short", "mixed", "common", "long"]
)
def test_weak_passwords_are_refused(tie, password):
    email = fresh_email()
    with pytest.raises(BadRequestError):
        tie.users.create(name="Ada", email=email, password=password)
    assert email not in {one["email"] for one in tie.users.list()}


@pytest.mark.parametrize(
    "key, value",
    [
        ("roles", [1]),
        ("role", [1]),
        ("id", 5),
        ("identifier", "x"),
        ("provider", "ldap"),
        ("eulaVersion", 3),
        ("token", "x"),
        ("oldPassword", "x"),
        ("newPassword", PASSWORD),
        ("lockedOut", True),
        ("lastLoginDate", None),
    ],
)
def test_what_cannot_be_written_is_refused(tie, key, value):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    with pytest.raises(BadRequestError):
        tie.patch(f"users/{person['id']}", json={"name": "EDITED", key: value})
    assert tie.users.details(person["id"]) == person
    email = fresh_email()
    with pytest.raises(BadRequestError):
        tie.post("users", json=[{"name": "A", "email": email, "password": PASSWORD, key: value}])
    assert email not in {one["email"] for one in tie.users.list()}


def test_the_clients_own_extra_keywords_are_refused(tie):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    with pytest.raises(BadRequestError):
        tie.users.update(str(person["id"]), roles=[1])
    with pytest.raises(BadRequestError):
        tie.users.update(str(person["id"]), locked_out=True)
    assert tie.users.details(person["id"]) == person


def test_unknown_ids(tie):
    for call in [
        lambda: tie.users.details("2147480000"),
        lambda: tie.users.update("2147480000", name="EDITED"),
        lambda: tie.users.update_user_roles("2147480000", roles=[2]),
        lambda: tie.users.delete("2147480000"),
        lambda: tie.users.details("99999999999999999999999999"),
    ]:
        with pytest.raises(NotFoundError):
            call()


@pytest.mark.parametrize("malformed", ["abc", "-1", "1.0", "1x", "%20"])
def test_malformed_ids(tie, malformed):
    with pytest.raises(BadRequestError):
        tie.users.details(malformed)


def test_roles_are_replaced(tie):
    person = tie.users.create(name="Ada", email=fresh_email(), password=PASSWORD)[0]
    number = str(person["id"])
    for roles in ([1, 2], [1], [], [2], [2, 2]):
        expected = sorted(set(roles))
        answer = tie.users.update_user_roles(user_id=number, roles=roles)
        assert sorted(answer["roles"]) == expected
        assert sorted(tie.users.details(number)["roles"]) == expected
    with pytest.raises(BadRequestError):
        tie.users.update_user_roles(number, roles=[1, 999_999])
    with pytest.raises(BadRequestError):
        tie.put(f"users/{number}/roles", json={"roles": "1"})
    assert tie.users.details(number)["roles"] == [2]
    raw = tie.put(f"users/{number}/roles", json={"roles": [2]})
    assert raw == {"roles": [2]}


def test_own_password(usher, as_person):
    client, person = as_person()
    with pytest.raises(BadRequestError):
        client.users.change_password(old_password="wrong-Password-1", new_password="Fr3sh!Marigold-Canyon")
    with pytest.raises(BadRequestError):
        client.users.change_password(old_password=PASSWORD, new_password="short")
    assert sign_in(usher, person["email"])
    session = connect(usher, sign_in(usher, person["email"]))
    client.users.change_password(old_password=PASSWORD, new_password="Fr3sh!Marigold-Canyon")
    with pytest.raises(UnauthorizedError):
        sign_in(usher, person["email"])
    assert sign_in(usher, person["email"], "Fr3sh!Marigold-Canyon")
    # Other sessions end; the key lives on.
    with pytest.raises(UnauthorizedError):
        session.users.info()
    assert client.users.info()["id"] == person["id"]


def test_forgotten_password_tells_nobody_who_exists(tie, make_person, usher):
    person = make_person()
    for email in (person["email"], "nobody-at-all@tie.example.org", "not an address"):
        answer = tie.post("users/forgotten-password", json={"email": email}, conv_json=False)
        assert (answer.status_code, answer.json()) == (200, None)
        assert tie.users.create_password(email=email) is None
    # The old password stays valid until the mailed token is used.
    assert sign_in(usher, person["email"])


def test_a_made_up_token_sets_no_password(tie, usher, make_person):
    person = make_person()
    with pytest.raises(UnauthorizedError):
        tie.users.retrieve_password(token="TOKEN-FROM-MAIL", new_password="Fr3sh!Marigold-Canyon")
    assert sign_in(usher, person["email"])


def test_an_inactive_user_is_kept_out_and_let_in_again(usher, tie, as_person):
    client, person = as_person()
    session = connect(usher, sign_in(usher, person["email"]))
    tie.users.update(str(person["id"]), active=False)
    for refused in (client.users.info, session.users.info, lambda: sign_in(usher, person["email"])):
        with pytest.raises(UnauthorizedError):
            refused()
    tie.users.update(str(person["id"]), active=True)
    # The same key opens again.
    assert client.users.info()["id"] == person["id"]


def test_the_seeds_examples_run_as_written(usher, tie, make_role):
    made = tie.users.create(
        name='username',
        email='test@domain.com',
        password='user_password',
        active=True
        )
    number = str(made[0]["id"])
    assert tie.users.list() and tie.users.info() and tie.users.details('1')
    assert tie.users.update(user_id=number, name='EDITED')["name"] == "EDITED"
    make_role(("user", "read"))
    third = tie.roles.list()[-1]["id"]
    tie.users.update_user_roles(user_id=number, roles=[1, 2, third])
    own = connect(usher, sign_in(usher, 'test@domain.com', 'user_password'))
    own.users.change_password(
        old_password='user_password',
        new_password='new_password'
        )
    tie.users.create_password(email='test@domain.com')
    with pytest.raises(UnauthorizedError):
        tie.users.retrieve_password(
            token='token',
            new_password='new_password'
            )
    tie.users.delete(user_id=number)
