"""When two requests say one thing."""

from __future__ import annotations

import json
import re
from collections import Counter
from urllib.parse import parse_qsl, unquote

# The header that holds the credential.
CREDENTIAL = {"tenable": "x-api-key"}


def plain(platform: str, request: dict) -> dict:
    """A request as the comparison sees it: method, decoded path, query as pairs, the headers that matter, the body's value."""
    path = [unquote(part.replace("+", " ")) for part in request["path"].split("/") if part]
    query = Counter((name, {"True": "true", "False": "false"}.get(value, value))
                    for name, value in parse_qsl(request["query"], keep_blank_values=True))
    headers = request["headers"]
    kept = {"credential": headers.get(CREDENTIAL.get(platform, "authorization"))}
    if platform == "misp":
        kept["accept"] = headers.get("accept")
    is_json = headers.get("content-type", "").startswith("application/json")
    body = json.loads(request["body"]) if request["body"] and is_json else request["body"]
    body = PLAIN_BODY[platform](body)
    if body is not None:
        kept["content-type"] = headers.get("content-type", "").partition(";")[0]
    return {
        "method": request["method"],
        "path": path,
        "query": query,
        "headers": kept,
        "body": body,
    }


def _texts(value):
    """MISP takes a number and its text for one."""
    if isinstance(value, dict):
        return {name: _texts(it) for name, it in value.items()}
    if isinstance(value, list):
        return [_texts(it) for it in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _graphql(body):
    return {"document": _document(body["query"]), "variables": _inputs(body.get("variables") or {})}


def _inputs(value):
    """`null` and absence are one, a password that was made is any long text, a single value stands for a list of it, and the
    defaults of filters may be left out."""
    if isinstance(value, list):
        return [_inputs(it) for it in value]
    if not isinstance(value, dict):
        return value
    plain = {}
    for name, it in value.items():
        if it is None and name != "value":
            continue
        if name == "password" and isinstance(it, str) and len(it) >= 64:
            it = "(made)"
        elif name in ("value", "input", "key", "values") and not isinstance(it, list):
            it = [it] if name != "input" or "key" in it else it
        plain[name] = _inputs(it)
    if "values" in plain:
        plain.setdefault("operator", "eq")
        plain.setdefault("mode", "or")
    return plain


def _document(text: str):
    """A document's fields as a tree; its name is left out, and fields that are asked for twice count once."""
    tokens = re.findall(r'"[^"]*"|\.\.\.|[$\w!.-]+|[(){}:\[\]=]', text)
    start = tokens.index("{")
    head = tokens[:start]
    variables = sorted(part.strip() for part in " ".join(head).partition("$")[2].rstrip(" )").split("$") if part.strip())
    position = start

    def fields():
        nonlocal position
        position += 1
        found = {}
        while tokens[position] != "}":
            name = tokens[position]
            position += 1
            if name == "...":
                name += " ".join(tokens[position : position + 2])
                position += 2
            if tokens[position] == "(":
                depth, begin = 0, position
                while True:
                    depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(tokens[position], 0)
                    position += 1
                    if depth == 0:
                        break
                name += " ".join(tokens[begin:position])
            found[name] = fields() if tokens[position] == "{" else None
        position += 1
        return found

    return {"kind": head[0] if head else "query", "variables": variables, "fields": fields()}


def _without_nulls(value):
    """Falcon takes `null` and absence for one."""
    if isinstance(value, dict):
        return {name: _without_nulls(it) for name, it in value.items() if it is not None}
    return value


PLAIN_BODY = {
    "misp": _texts,
    "opencti": _graphql,
    "tenable": lambda body: body,
    "falcon": _without_nulls,
    # The vendor's client sends an empty object wherever there is no body.
    "civis": lambda body: body or None,
}
