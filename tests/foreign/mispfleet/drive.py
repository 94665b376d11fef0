"""Calls mispfleet's methods about people; a line for each: `ok NAME`, or `failed NAME WHY`."""

import asyncio
import os

from mispfleet import MispClient
from mispfleet.exceptions import AuthenticationError, MispFleetError, NotFoundError, PermissionDeniedError
from mispfleet.models.server import CredentialReference, RetryConfig, ServerConfig
from pydantic import AnyHttpUrl


def connect(key: str) -> MispClient:
    config = ServerConfig(
        name="usher",
        url=AnyHttpUrl(os.environ["MISP_URL"].rstrip("/")),
        credential=CredentialReference(provider="memory", key="usher"),
        allow_insecure_http=True,
        retry=RetryConfig(max_attempts=1),
    )
    return MispClient(config, api_key=key)


class Calls:
    """The calls in the order of their lines, and what they make for those after them."""

    def __init__(self, client: MispClient):
        self.client = client
        self.user = self.organisation = self.key = None

    async def version(self):
        assert (await self.client.system.version())["version"] == "2.5.1"

    async def capabilities(self):
        assert "version" in await self.client.system.capabilities()

    async def pymisp_version(self):
        assert (await self.client.servers.pymisp_version())["version"]

    async def organisations_add(self):
        self.organisation = await self.client.organisations.add({"name": "Fleet Corp"})
        assert self.organisation["name"] == "Fleet Corp"

    async def organisations_get(self):
        by_uuid = await self.client.organisations.get(self.organisation["uuid"])
        assert by_uuid["id"] == self.organisation["id"]

    async def organisations_list(self):
        names = [row["Organisation"]["name"] for row in await self.client.organisations.list()]
        assert "Fleet Corp" in names

    async def organisations_update(self):
        changed = await self.client.organisations.update(self.organisation["id"], {"sector": "Energy"})
        assert (changed["name"], changed["sector"]) == ("Fleet Corp", "Energy")

    async def users_add(self):
        new = {"email": "fleet@example.org", "org_id": self.organisation["id"], "role_id": "3"}
        self.user = await self.client.users.add(new)
        assert len(self.user["authkey"]) == 40

    async def users_add_twice(self):
        try:
            await self.client.users.add({"email": "fleet@example.org", "role_id": "3"})
        except MispFleetError as refused:
            assert refused.context.status_code == 403, refused.context
        else:
            raise AssertionError("an address was given twice")

    async def users_get(self):
        assert (await self.client.users.get(self.user["id"]))["email"] == "fleet@example.org"

    async def users_list(self):
        assert self.user["id"] in [row["User"]["id"] for row in await self.client.users.list()]

    async def users_update(self):
        changed = await self.client.users.update(self.user["id"], {"role_id": "4"})
        assert changed["role_id"] == "4"

    async def users_unprivileged(self):
        async with connect(self.user["authkey"]) as own:
            assert (await own.system.version())["version"]
            try:
                await own.users.list()
            except (PermissionDeniedError, AuthenticationError):
                return
        raise AssertionError("a plain user lists people")

    async def users_unknown(self):
        try:
            await self.client.users.get("4711")
        except NotFoundError:
            return
        raise AssertionError("nobody is found")

    async def auth_keys_add(self):
        self.key = await self.client.auth_keys.add(self.user["id"], {"comment": "fleet", "read_only": True})
        assert (self.key["comment"], len(self.key["authkey_raw"])) == ("fleet", 40)

    async def auth_keys_read_only(self):
        async with connect(self.key["authkey_raw"]) as own:
            try:
                await own.auth_keys.add(self.user["id"])
            except (PermissionDeniedError, AuthenticationError):
                return
        raise AssertionError("a read-only key makes a key")

    async def auth_keys_list(self):
        found = await self.client.auth_keys.list({"comment": "fleet"})
        assert [row["AuthKey"]["id"] for row in found] == [self.key["id"]]

    async def auth_keys_list_by_what_is_no_filter(self):
        assert await self.client.auth_keys.list({"value": "fleet"}) == []

    async def auth_keys_get(self):
        assert (await self.client.auth_keys.get(self.key["id"]))["comment"] == "fleet"

    async def auth_keys_update(self):
        await self.client.auth_keys.update(self.key["id"], {"comment": "fleet two"})
        assert (await self.client.auth_keys.get(self.key["id"]))["comment"] == "fleet two"

    async def auth_keys_delete(self):
        await self.client.auth_keys.delete(self.key["id"])
        try:
            await self.client.auth_keys.get(self.key["id"])
        except NotFoundError:
            return
        raise AssertionError("a deleted key is there")

    async def user_settings_set(self):
        kept = await self.client.user_settings.set_setting(self.user["id"], "homepage", {"path": "/fleet"})
        assert kept["value"] == {"path": "/fleet"}, kept

    async def user_settings_get(self):
        kept = await self.client.user_settings.get_setting(self.user["id"], "homepage")
        assert kept["value"] == {"path": "/fleet"}, kept

    async def user_settings_list(self):
        found = await self.client.user_settings.list("homepage")
        assert [row["UserSetting"]["user_id"] for row in found] == [self.user["id"]], found

    async def user_settings_view_and_delete(self):
        found = await self.client.user_settings.list("homepage")
        number = found[0]["UserSetting"]["id"]
        assert (await self.client.user_settings.get(number))["setting"] == "homepage"
        await self.client.user_settings.delete(number)
        assert await self.client.user_settings.list("homepage") == []

    async def server_setting_get(self):
        name = "Security.allow_self_registration"
        assert (await self.client.servers.get_setting(name))["value"] is False

    async def server_setting_set(self):
        name = "Security.allow_self_registration"
        await self.client.servers.set_setting(name, True)
        assert (await self.client.servers.get_setting(name))["value"] is True

    async def users_initiate_password_reset(self):
        assert (await self.client.users.initiate_password_reset(self.user["id"]))["saved"] is True

    async def users_delete_totp(self):
        assert (await self.client.users.delete_totp(self.user["id"]))["saved"] is True

    async def parallel_calls(self):
        new = [{"email": f"fleet{number}@example.org", "role_id": "3"} for number in range(8)]
        made = await asyncio.gather(*(self.client.users.add(one) for one in new))
        assert len({one["id"] for one in made}) == 8

    async def users_delete(self):
        assert (await self.client.users.delete(self.user["id"]))["saved"] is True

    async def organisations_delete(self):
        assert (await self.client.organisations.delete(self.organisation["id"]))["saved"] is True


async def main():
    try:
        async with connect("a" * 40) as stranger:
            await stranger.users.list()
    except (AuthenticationError, PermissionDeniedError):
        print("ok wrong_key")
    async with connect(os.environ["MISP_KEY"]) as client:
        calls = Calls(client)
        for name in vars(Calls):
            if not name.startswith("_"):
                try:
                    await getattr(calls, name)()
                    print(f"ok {name}")
                except Exception as error:
                    print(f"failed {name} {error!r}".replace("\n", " "))


asyncio.run(main())
