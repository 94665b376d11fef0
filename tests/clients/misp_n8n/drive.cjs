// n8n's MISP node as it is published, its user and organisation operations one after the other: each is a line,
// `ok NAME` or `failed NAME WHY`. n8n's own engine is not here: what it hands a node (parameters, credentials, the
// sending of a request) is.
"use strict";
const folder = process.argv[2];
const { Misp } = require(`${folder}/dist/nodes/Misp/Misp.node.js`);
const { MispApi } = require(`${folder}/dist/credentials/MispApi.credentials.js`);

const key = process.env.MISP_KEY;
const base = process.env.MISP_URL.replace(/\/$/, "");

// The request library that n8n gives to nodes: `json: true` means a body and an answer of JSON.
async function send(kind, options) {
    const answer = await fetch(options.uri, {
        method: options.method,
        headers: { Authorization: key, Accept: "application/json", ...(options.body && { "Content-Type": "application/json" }) },
        body: options.body && JSON.stringify(options.body),
    });
    const text = await answer.text();
    let body = text;
    try {
        body = JSON.parse(text);
    } catch {}
    if (answer.ok) return body;
    throw Object.assign(new Error(`${answer.status} - ${text}`), { statusCode: answer.status, error: body });
}

async function run(parameters) {
    const context = {
        getInputData: () => [{ json: {} }],
        getNodeParameter: (name) => parameters[name],
        getCredentials: async () => ({ baseUrl: base, apiKey: key, allowUnauthorizedCerts: false }),
        getNode: () => ({ name: "MISP", type: "n8n-nodes-base.misp", typeVersion: 1, parameters: {} }),
        continueOnFail: () => false,
        helpers: {
            requestWithAuthentication(kind, options) {
                return send(kind, options);
            },
            returnJsonArray: (data) => (Array.isArray(data) ? data : [data]).map((json) => ({ json })),
            constructExecutionMetaData: (data) => data,
        },
    };
    const answer = await new Misp().execute.call(context);
    return answer[0].map((item) => item.json);
}

const outcomes = [];
async function step(name, act) {
    try {
        const value = await act();
        if (value === false) throw new Error("another answer than was looked for");
        outcomes.push(`ok ${name}`);
        return value;
    } catch (error) {
        const why = [error.message, error.description].filter(Boolean).join(" ");
        outcomes.push(`failed ${name} ${why.replaceAll("\n", " ").slice(0, 300)}`);
        return null;
    }
}

async function main() {
    const organisation = (operation, parameters) => run({ resource: "organisation", operation, ...parameters });
    const user = (operation, parameters) => run({ resource: "user", operation, ...parameters });
    await step("credentials_test", async () => {
        const { url } = new MispApi().test.request;
        return typeof (await send("mispApi", { method: "GET", uri: base + url })) === "object";
    });
    const home = await step("organisation_create", async () => {
        const fields = { nationality: "Norway", sector: "tests", contacts: "n8n" };
        const [made] = await organisation("create", { name: "Automated", additionalFields: fields });
        return made.nationality === "Norway" && made;
    });
    const organisationId = home?.id;
    await step("organisation_get", async () => (await organisation("get", { organisationId }))[0].name === "Automated");
    await step("organisation_update", async () => {
        const [changed] = await organisation("update", { organisationId, updateFields: { description: "Flows" } });
        return changed.description === "Flows" && changed.name === "Automated";
    });
    await step("organisation_get_all", async () => {
        const all = await organisation("getAll", { returnAll: true });
        return all.some((one) => one.id === organisationId);
    });
    await step("organisation_get_one", async () => (await organisation("getAll", { returnAll: false, limit: 1 })).length === 1);
    const person = await step("user_create", async () => {
        const fields = { org_id: organisationId, inviter_email: "", gpgkey: "" };
        const [made] = await user("create", { email: "flow@example.org", role_id: "3", additionalFields: fields });
        return made.email === "flow@example.org" && made.org_id === organisationId && made;
    });
    const userId = person?.id;
    await step("user_get", async () => (await user("get", { userId }))[0].email === "flow@example.org");
    await step("user_update", async () => {
        const [changed] = await user("update", { userId, updateFields: { role_id: "4", email: "flows@example.org" } });
        return changed.role_id === "4" && changed.email === "flows@example.org";
    });
    await step("user_get_all", async () => {
        const all = await user("getAll", { returnAll: true });
        return all.some((one) => one.id === userId && one.role_id === "4");
    });
    await step("user_create_twice_names_the_reason", async () => {
        try {
            await user("create", { email: "flows@example.org", role_id: "3", additionalFields: {} });
        } catch (error) {
            return /email/i.test(`${error.message} ${error.description}`);
        }
        return false;
    });
    await step("choices_of_organisations", async () => {
        const context = { getCredentials: async () => ({ baseUrl: base }), helpers: { requestWithAuthentication: send }, getNode: () => ({}) };
        const choices = await new Misp().methods.loadOptions.getOrgs.call(context);
        return choices.some((choice) => choice.value === organisationId);
    });
    await step("choices_of_users", async () => {
        const context = { getCredentials: async () => ({ baseUrl: base }), helpers: { requestWithAuthentication: send }, getNode: () => ({}) };
        const choices = await new Misp().methods.loadOptions.getUsers.call(context);
        return choices.some((choice) => choice.value === userId);
    });
    await step("user_delete", async () => (await user("delete", { userId }))[0].success !== false);
    await step("user_is_gone", async () => {
        const all = await user("getAll", { returnAll: true });
        return !all.some((one) => one.id === userId);
    });
    await step("organisation_delete", async () => (await organisation("delete", { organisationId }))[0].success !== false);
    console.log(outcomes.join("\n"));
}

main();
