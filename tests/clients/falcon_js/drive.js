// A person's life through falconjs; says what it saw as JSON.
"use strict";
const { FalconClient, FalconErrorExplain } = require("crowdstrike-falcon");

const base = process.env.FALCON_BASE_URL;
const client = (changes) =>
    new FalconClient({
        cloud: "us-1",
        clientId: process.env.FALCON_CLIENT_ID,
        clientSecret: process.env.FALCON_CLIENT_SECRET,
        // It knows the vendor's clouds alone, and takes what sends its requests.
        fetchApi: (url, init) => fetch(url.replace("https://api.crowdstrike.com", base), init),
        ...changes,
    });

const refusal = (call) => call.then(() => null, async (error) => ({ status: error.response.status, text: await FalconErrorExplain(error) }));

async function newer(users) {
    const made = await users.createUserV1({ uid: "juno@falcon.example.org", firstName: "Juno", lastName: "Script" });
    const { uuid, cid } = made.resources[0];
    const found = await users.queryUserV1("uid:'juno@falcon.example.org'", 0, 10, "uid|asc");
    const roleIds = ["event_viewer", "help_desk"];
    const grantable = await users.queriesRolesV1();
    await users.userRolesActionV1({ action: "grant", cid, roleIds, uuid });
    const grants = await users.combinedUserRolesV2(uuid, cid, true);
    const counted = await users.combinedUserRolesV1(uuid);
    await users.userRolesActionV1({ action: "revoke", cid, roleIds: roleIds.slice(0, 1), uuid });
    const left = await users.combinedUserRolesV1(uuid);
    const roles = await users.entitiesRolesV1(roleIds);
    const changed = await users.updateUserV1(uuid, { firstName: "Juno", lastName: "King" });
    // Its types of the newer objects have neither the address nor the names that the vendor sends.
    const legacy = await users.retrieveUser([uuid]);
    const acted = await users.userActionV1({ action: { actionName: "reset_2fa" }, ids: [uuid] });
    const read = await users.retrieveUsersGETV1({ ids: [uuid] });
    const twice = await refusal(users.createUserV1({ uid: "juno@falcon.example.org" }));
    const deleted = await users.deleteUserV1(uuid);
    const gone = await refusal(users.deleteUserV1(uuid));
    const ids = (answer) => answer.resources.map((grant) => grant.roleId);
    return {
        made: made.resources[0],
        found: found.resources,
        grantable: grantable.resources,
        granted: ids(grants),
        counted: [counted.meta.pagination.total, ids(counted)],
        left: ids(left),
        roles: roles.resources.map((role) => role.displayName),
        changed: changed.resources[0].uuid,
        legacy: legacy.resources[0],
        acted: acted.errors,
        read: read.resources[0].uuid,
        twice,
        deleted: deleted.errors,
        gone,
    };
}

async function older(users) {
    const made = await users.createUser({ uid: "jana@falcon.example.org", firstName: "Jana", lastName: "Script" });
    const uuid = made.resources[0].uuid;
    const found = await users.retrieveUserUUID(["jana@falcon.example.org"]);
    const everybody = await users.retrieveUserUUIDsByCID();
    const addresses = await users.retrieveEmailsByCID();
    const changed = await users.updateUser(uuid, { firstName: "Jana", lastName: "King" });
    const granted = await users.grantUserRoleIds(uuid, { roleIds: ["event_viewer"] });
    const held = await users.getUserRoleIds(uuid);
    const available = await users.getAvailableRoleIds();
    const roles = await users.getRoles(["event_viewer"]);
    const revoked = await users.revokeUserRoleIds(uuid, ["event_viewer"]);
    const read = await users.retrieveUser([uuid]);
    const deleted = await users.deleteUser(uuid);
    const gone = await refusal(users.retrieveUser([uuid]));
    return {
        uuid,
        found: found.resources,
        everybody: everybody.resources,
        addresses: addresses.resources,
        changed: changed.resources[0].lastName,
        granted: granted.resources,
        held: held.resources,
        available: available.resources,
        roles: roles.resources.map((role) => role.displayName),
        revoked: revoked.resources,
        read: read.resources[0].uid,
        deleted: deleted.errors,
        gone,
    };
}

async function children(parent) {
    const cids = (await parent.mssp.queryChildren()).resources;
    const own = client({ memberCid: cids[0] });
    const inside = await own.userManagement.retrieveUserUUIDsByCID();
    const people = await own.userManagement.retrieveUser(inside.resources.slice(0, 3));
    return { cid: cids[0], customers: people.resources.map((user) => user.customer) };
}

async function main() {
    const parent = client({});
    const ccid = await parent.sensorDownload.getSensorInstallersCCIDByQuery();
    const wrong = client({ clientSecret: "x".repeat(40) });
    const seen = {
        ccid: ccid.resources,
        newer: await newer(parent.userManagement),
        older: await older(parent.userManagement),
        children: await children(parent),
        wrong: await refusal(wrong.userManagement.queryUserV1()),
    };
    console.log(JSON.stringify(seen));
}

main().catch(async (error) => {
    console.error(error.response ? `${error.response.url} ${error.response.status} ${await error.response.text()}` : error);
    process.exit(1);
});
