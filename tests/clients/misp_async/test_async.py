"""pymisp-async: a round of user administration."""

import asyncio
import os

from pymisp_async import MISPOrganisation, MISPUser, PyMISP

MARK = f"a{os.getpid()}"


def test_a_round_of_user_administration(usher):
    async def run():
        async with PyMISP(usher.env["MISP_URL"], usher.env["MISP_KEY"], ssl=False) as misp:
            organisation = MISPOrganisation()
            organisation.name = f"Organisation {MARK}"
            organisation = await misp.add_organisation(organisation, pythonify=True)
            user = MISPUser()
            user.email = f"{MARK}@example.org"
            user.org_id = organisation.id
            user.role_id = 3
            made = (await misp.add_user(user))["User"]
            rows = await misp.users(search=MARK)
            assert [row["User"]["email"] for row in rows] == [f"{MARK}@example.org"]
            changed = await misp.update_user({"role_id": 4}, made["id"])
            assert changed["User"]["role_id"] == "4"
            key = await misp.get_new_authkey(made["id"])
            async with PyMISP(usher.env["MISP_URL"], key, ssl=False) as own:
                assert (await own.get_user())["User"]["id"] == made["id"]
            await misp.set_user_setting("homepage", {"path": "/x"}, user=made["id"])
            assert (await misp.get_user_setting("homepage", made["id"]))["value"] == {"path": "/x"}
            assert (await misp.users_statistics("users"))["user"]["data"]["total"] > 1
            assert (await misp.delete_user(made["id"]))["message"] == "User deleted."
            assert (await misp.delete_organisation(organisation))["message"] == "Organisation deleted"

    asyncio.run(run())
