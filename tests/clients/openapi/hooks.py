"""What Schemathesis is told beside the description: what no schema can say, each with its reason."""

import json
import random
import re

import schemathesis

# Refusals of requests that fit the description, by code: what is refused is the state of the directory, or a rule that
# no schema says. All other codes mean that the request was not understood.
BY_STATE = {
    "unknown-reference": "a body names what is not there",
    "wrong-password": "the password is another one",
    "weak-password": "the policy in force is a setting",
    "idempotency-key-reused": "the key came with another request",
    "too-large": "the limit is a setting",
}
# `invalid` is also the code of a wrong type and of a missing member: those are told by these words.
SHAPE = re.compile(r"is needed|must be (text|true|an? (object|list|number|whole number))|must hold texts")
# Requests that fit the description and are refused for their shape, each with its reason.
KNOWN = [
    ("POST", r"^/users/actions$", "unknown-field", "which members go with which action"),
    ("POST", r"^/users/actions$", "invalid", "which members go with which action"),
    ("POST", r"^/users/actions$", "invalid-filter", "a filter is a grammar, which no pattern describes"),
    ("POST", r"^/exports$", "invalid-filter", "a filter is a grammar, which no pattern describes"),
    ("POST", r"^/exports$", "invalid-parameter", "the sorts depend on `what`"),
    ("PATCH", r"^/settings/", "unknown-field", "the members depend on the document that the path names"),
    ("PATCH", r"^/settings/", "invalid", "the members depend on the document that the path names"),
    ("GET", r"^/access$", "invalid-parameter", "`permission` is needed in that list alone"),
]


def is_valid(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(ctx, case, **kwargs):
    """Gives a request that is meant to be valid a filter of the grammar, and no cursor or token of its own making: those
    are texts that the server gave."""
    if not is_valid(case):
        return
    if case.headers:
        case.headers.pop("Form-Token", None)
    if not case.query:
        return
    case.query.pop("cursor", None)
    if "filter" in case.query:
        path = case.operation.path
        texts = ["number ge 1", "not number eq 7", "number pr or number lt 0"]
        if path.endswith("/grants"):
            texts = ["user pr", "not expires_at pr", "expires_at lt -1d"]
        case.query["filter"] = random.Random(str(case.query["filter"])).choice(texts)


@schemathesis.check
def a_valid_request_is_understood(ctx, response, case):
    """A request that fits the description may be refused for what the directory holds, never for its shape."""
    if not is_valid(case) or response.status_code not in (400, 413, 415, 422):
        return
    problem = json.loads(response.content)
    code = problem.get("code")
    if code in BY_STATE:
        return
    for method, path, known, _ in KNOWN:
        if case.method == method and re.search(path, case.operation.path) and code == known:
            return
    told = [problem.get("detail", ""), *(one["detail"] for one in problem.get("errors", []))]
    if code == "invalid" and not any(SHAPE.search(one) for one in told):
        # A rule of values: how long a text is, names of time zones, what an address is.
        return
    raise AssertionError(f"refused for its shape: {code}: {'; '.join(told)}")
