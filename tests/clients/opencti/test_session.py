"""Coming in: the health check, tokens, addresses, and what the transport promises."""

import base64
import hmac
import struct
import time
import urllib.parse

import pytest
import requests
from pycti import OpenCTIApiClient

from .conftest import failure, named


def post(usher, body, token=None, **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return requests.post(usher.env["OPENCTI_URL"] + "/graphql", json=body, headers=headers, timeout=10)


def sign_in(usher, email, password):
    """Signs in; an address may try once a second."""
    body = {
        "query": "mutation ($input: UserLoginInput!) { token(input: $input) }",
        "variables": {"input": {"email": email, "password": password}},
    }
    while True:
        answer = post(usher, body).json()
        errors = answer.get("errors")
        if not errors or errors[0]["name"] != "TOO_MANY_REQUESTS":
            return answer
        time.sleep(errors[0]["extensions"]["data"]["retry_after"] / 1000)


def test_the_client_finds_the_server_healthy(client):
    assert client.health_check() is True
    answer = client.query("query { about { version } }")
    assert answer["data"]["about"]["version"].startswith("7.")


def test_a_wrong_token_is_noticed_at_once(usher):
    with pytest.raises(ValueError, match="not reachable"):
        OpenCTIApiClient(usher.env["OPENCTI_URL"], "wrong", log_level="critical")


def test_provider_and_custom_headers_do_no_harm(connect):
    client = connect(provider="usher/1.0", custom_headers="x-a:b;x-c:d")
    assert client.user.me()["name"]


def test_a_trailing_slash_is_fine(usher):
    client = OpenCTIApiClient(
        usher.env["OPENCTI_URL"] + "/", usher.env["OPENCTI_TOKEN"], log_level="critical"
    )
    assert client.user.me()["id"]


def test_nobody_is_told_who_is_signed_in_by_a_cookie(usher):
    answer = post(usher, {"query": "{ me { id } }"}, usher.env["OPENCTI_TOKEN"])
    assert "Set-Cookie" not in answer.headers
    assert "errors" not in answer.json()


@pytest.mark.parametrize("token", [None, "wrong", "flgrn_octi_tkn_" + "a" * 64])
def test_strangers_learn_nothing(usher, token):
    for query in ("{ me { id } }", "{ broken", "{ users { edges { node { id } } } }", "{ __typename }"):
        answer = post(usher, {"query": query}, token)
        assert answer.status_code == 200
        error = answer.json()["errors"][0]
        assert error["name"] == error["extensions"]["code"] == "AUTH_REQUIRED", query
        assert error["message"] == "You must be logged in to do this."
        assert error["extensions"]["data"]["http_status"] == 401


def test_errors_carry_what_the_client_reads(client):
    error = failure(client.query, "query { me { nothing } }")
    assert error["name"] == "GRAPHQL_VALIDATION_FAILED"
    assert named(failure(client.query, "query { me ")) == "GRAPHQL_PARSE_FAILED"
    query = "query ($first: Int) { users(first: $first) { edges { node { id } } } }"
    assert named(failure(client.query, query, {"first": "many"})) == "BAD_USER_INPUT"


def test_one_email_and_password_open_a_session(client, usher, new_user):
    user = new_user(password="cobalt lantern orchard nine")
    token = sign_in(usher, user["user_email"], "cobalt lantern orchard nine")["data"]["token"]
    me = post(usher, {"query": "{ me { id } }"}, token).json()
    assert me["data"]["me"]["id"] == user["id"]
    left = post(usher, {"query": "mutation { logout }"}, token).json()
    assert left["data"]["logout"] == user["id"]
    assert post(usher, {"query": "{ me { id } }"}, token).json()["errors"][0]["name"] == "AUTH_REQUIRED"


def test_a_wrong_password_does_not(usher, new_user):
    user = new_user(password="cobalt lantern orchard nine")
    error = sign_in(usher, user["user_email"], "wrong")["errors"][0]
    assert (error["name"], error["message"]) == ("AUTH_FAILURE", "Bad login or password")


def test_a_batch_is_refused(usher):
    answer = post(usher, [{"query": "{ me { id } }"}], usher.env["OPENCTI_TOKEN"])
    assert answer.status_code == 400


def test_the_schema_can_be_looked_at(client):
    answer = client.query("query { __schema { queryType { name } } __type(name: \"User\") { fields { name } } }")
    fields = {field["name"] for field in answer["data"]["__type"]["fields"]}
    assert {"user_email", "effective_confidence_level"} <= fields
    assert not fields & {"password", "otp_secret", "hash"}


def test_a_session_is_seen_and_killed(client, usher, new_user):
    user = new_user(password="cobalt lantern orchard nine")
    tokens = [sign_in(usher, user["user_email"], "cobalt lantern orchard nine")["data"]["token"] for _ in range(3)]
    sessions = client.user.read(id=user["id"], include_sessions=True)["sessions"]
    assert len(sessions) == 3
    assert all(0 < session["ttl"] <= session["originalMaxAge"] for session in sessions)
    listed = client.query("query { sessions { user { id name entity_type } sessions { id created ttl originalMaxAge } } }")
    own = next(entry for entry in listed["data"]["sessions"] if entry["user"]["id"] == user["id"])
    assert {session["id"] for session in own["sessions"]} == {session["id"] for session in sessions}
    kill = "mutation ($id: ID!) { sessionKill(id: $id) }"
    assert client.query(kill, {"id": sessions[0]["id"]})["data"]["sessionKill"] == sessions[0]["id"]
    answers = [post(usher, {"query": "{ me { id } }"}, token).json() for token in tokens]
    assert sorted("errors" in answer for answer in answers) == [False, False, True]
    assert named(failure(client.query, kill, {"id": sessions[0]["id"]})) == "FUNCTIONAL_ERROR"
    every = "mutation ($id: ID!) { userSessionsKill(id: $id) }"
    assert len(client.query(every, {"id": user["id"]})["data"]["userSessionsKill"]) == 2
    assert client.user.read(id=user["id"], include_sessions=True)["sessions"] == []
    assert all("errors" in post(usher, {"query": "{ me { id } }"}, token).json() for token in tokens)


def one_time_code(uri):
    """The code of now, as an authenticator shows it."""
    secret = urllib.parse.parse_qs(urllib.parse.urlparse(uri).query)["secret"][0]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_a_second_factor_is_asked_for_and_taken_away(client, usher, new_user):
    password = "cobalt lantern orchard nine"
    user = new_user(password=password)
    api = usher.env["USHER_URL"] + "/api/v1"
    body = {"login": user["user_email"], "password": password}
    signed = requests.post(f"{api}/sign-in", json=body, timeout=10).json()
    own = {"Authorization": f"Bearer {signed['token']}"}
    begun = requests.post(f"{api}/me/second-factor", json={"current_password": password}, headers=own, timeout=10)
    code = {"code": one_time_code(begun.json()["uri"])}
    assert requests.put(f"{api}/me/second-factor", json=code, headers=own, timeout=10).ok
    shown = {"customAttributes": "id otp_activated"}
    assert client.user.read(id=user["id"], **shown)["otp_activated"] is True
    error = sign_in(usher, user["user_email"], password)["errors"][0]
    assert (error["name"], error["extensions"]["data"]["http_status"]) == ("OTP_REQUIRED", 401)
    taken = client.query("mutation ($id: ID!) { otpUserDeactivation(id: $id) { id } }", {"id": user["id"]})
    assert taken["data"]["otpUserDeactivation"] == {"id": user["id"]}
    assert client.user.read(id=user["id"], **shown)["otp_activated"] is False
    assert sign_in(usher, user["user_email"], password)["data"]["token"]


def test_a_second_factor_from_its_beginning_to_its_end(client, usher, connect, new_user, token_of):
    person = new_user(password="Cobalt-Lantern-73!")
    own = connect(token_of(person))
    element = own.query("{ otpGeneration { secret uri } }")["data"]["otpGeneration"]
    assert element["uri"].startswith("otpauth://totp/")
    activate = "mutation ($input: UserOTPActivationInput) { otpActivation(input: $input) { otp_activated } }"
    given = {"secret": element["secret"], "code": "nonsense"}
    assert named(failure(own.query, activate, {"input": given})) == "VALIDATION_ERROR"
    given["code"] = one_time_code(element["uri"])
    assert own.query(activate, {"input": given})["data"]["otpActivation"] == {"otp_activated": True}
    assert client.user.read(id=person["id"], customAttributes="id entity_type otp_activated")["otp_activated"] is True
    assert sign_in(usher, person["user_email"], "Cobalt-Lantern-73!")["errors"][0]["name"] == "OTP_REQUIRED"
    assert named(failure(own.query, "mutation { otpLogin(input: {code: \"1\"}) }")) == "AUTH_FAILURE"
    assert own.query("mutation { otpDeactivation { otp_activated } }")["data"]["otpDeactivation"] == {"otp_activated": False}
