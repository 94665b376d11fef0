// A person's life through Apollo Client; says what it saw as JSON.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createHash } from "node:crypto";

const headers = { authorization: `Bearer ${process.env.OPENCTI_TOKEN}` };
const link = () => new HttpLink({ uri: `${process.env.OPENCTI_URL}/graphql`, headers });
const client = (first) => new ApolloClient({ link: first ?? link(), cache: new InMemoryCache() });
const refusal = (call) =>
    call.then(
        () => null,
        (error) => (CombinedGraphQLErrors.is(error) ? error.errors.map((one) => [one.extensions.code, one.message]) : [["", String(error)]]),
    );

const apollo = client();
const fields = gql`
    fragment Person on User {
        id
        name
        user_email
        groups {
            edges {
                node {
                    id
                    name
                }
            }
        }
    }
`;
const me = await apollo.query({ query: gql`query { me { id name user_email } }` });
const input = { name: "Ada Lovelace", user_email: `${process.env.PERSON}@example.org` };
const add = gql`
    mutation Add($input: UserAddInput!) {
        userAdd(input: $input) {
            ...Person
        }
    }
    ${fields}
`;
const made = (await apollo.mutate({ mutation: add, variables: { input } })).data.userAdd;
const read = gql`
    query Read($id: String!) {
        user(id: $id) {
            ...Person
            description
        }
    }
    ${fields}
`;
const before = (await apollo.query({ query: read, variables: { id: made.id } })).data.user;
const edit = gql`
    mutation Edit($id: ID!, $input: [EditInput]!) {
        userEdit(id: $id) {
            fieldPatch(input: $input) {
                id
                name
                description
            }
        }
    }
`;
const change = [{ key: "name", value: ["Ada King"] }, { key: "description", value: ["Countess"] }];
await apollo.mutate({ mutation: edit, variables: { id: made.id, input: change } });
// The answer was put in the place of what was read, by its type and id.
const cached = apollo.cache.readQuery({ query: read, variables: { id: made.id } }).user;
const page = gql`
    query List($first: Int, $after: ID) {
        users(first: $first, after: $after, orderBy: name, orderMode: asc) {
            pageInfo {
                endCursor
                hasNextPage
                globalCount
            }
            edges {
                node {
                    id
                    name
                }
            }
        }
    }
`;
const names = [];
let after = null;
let total = 0;
for (;;) {
    const { users } = (await apollo.query({ query: page, variables: { first: 2, after } })).data;
    names.push(...users.edges.map((edge) => edge.node.name));
    total = users.pageInfo.globalCount;
    if (!users.pageInfo.hasNextPage) break;
    after = users.pageInfo.endCursor;
}
const twice = await refusal(apollo.mutate({ mutation: add, variables: { input } }));
const unknown = await refusal(apollo.query({ query: gql`query { me { id shoeSize } }` }));
const stranger = await refusal(
    client(new HttpLink({ uri: `${process.env.OPENCTI_URL}/graphql` })).query({ query: gql`query { me { id } }` }),
);
// By its hash alone first, then whole, as the server does not keep documents.
const sent = [];
const watch = new ApolloLink((operation, forward) => {
    sent.push(Object.keys(operation.extensions));
    return forward(operation);
});
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const persisted = client(ApolloLink.from([new PersistedQueryLink({ sha256 }), watch, link()]));
const byHash = (await persisted.query({ query: gql`query { me { id } }` })).data.me;
const remove = gql`mutation Remove($id: ID!) { userEdit(id: $id) { delete } }`;
const removed = (await apollo.mutate({ mutation: remove, variables: { id: made.id } })).data.userEdit.delete;
const gone = (await apollo.query({ query: read, variables: { id: made.id }, fetchPolicy: "network-only" })).data.user;
console.log(JSON.stringify({ me: me.data.me, made, before, cached, names, total, twice, unknown, stranger, byHash, sent, removed, gone }));
