"""How the tests get at the vendor's client, at people and at their API clients."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from falconpy import APIHarnessV2, APIClients, FlightControl, OAuth2, SensorDownload, UserManagement

PASSWORD = "Cobalt-Lantern-73!"
numbers = itertools.count(1)


@dataclass(frozen=True)
class Client:
    """An API client: an id and a secret at an address."""

    base_url: str
    client_id: str
    client_secret: str

    def options(self, **more) -> dict:
        return {
            "base_url": self.base_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            **more,
        }

    def users(self, **more) -> UserManagement:
        return UserManagement(**self.options(**more))

    def uber(self, **more) -> APIHarnessV2:
        return APIHarnessV2(**self.options(**more))

    def auth(self, **more) -> OAuth2:
        return OAuth2(**self.options(**more))

    def control(self, **more) -> FlightControl:
        return FlightControl(**self.options(**more))

    def clients(self, **more) -> APIClients:
        return APIClients(**self.options(**more))

    def sensors(self, **more) -> SensorDownload:
        return SensorDownload(**self.options(**more))


def owners_client(server) -> Client:
    """The owner's, as first-run.env states it."""
    env = server.env
    return Client(env["FALCON_BASE_URL"], env["FALCON_CLIENT_ID"], env["FALCON_CLIENT_SECRET"])


def client_of(server, native, user: str, **limits) -> Client:
    """An API client of somebody: a key made by the native API."""
    key = native.post(f"/users/{user}/keys", {"name": "falcon", **limits})
    return Client(f"{server.url}/falcon", key["id"].replace("-", ""), key["secret"])


def fresh_uid(word: str = "person") -> str:
    """An address that nobody has used yet."""
    return f"{word}{next(numbers)}@falcon.example.org"


def good(answer: dict, status: int = 200) -> list:
    """The resources of an answer that went well."""
    assert answer["status_code"] == status, answer
    body = answer["body"]
    assert body["errors"] == [], answer
    assert isinstance(body["meta"]["query_time"], float), answer
    assert body["meta"]["trace_id"] == answer["headers"]["X-Cs-Traceid"], answer
    assert answer["headers"]["Content-Type"] == "application/json", answer
    assert "X-Cs-Region" not in answer["headers"], answer
    return body.get("resources")


def bad(answer: dict, status: int, text: str = "") -> str:
    """The message of an answer that refuses."""
    assert answer["status_code"] == status, answer
    errors = answer["body"]["errors"]
    assert len(errors) == 1 and errors[0]["code"] == status, answer
    assert text in errors[0]["message"], answer
    return errors[0]["message"]
