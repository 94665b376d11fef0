"""Reads the descriptions of APIs that the vendors' packages carry, all by way of parameters as OpenAPI 2 has them."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl


def resolved(specification: dict, parameters: list) -> list:
    """Parameters whose bodies' schemas stand in them, not elsewhere in the specification. Members have their names in snake case, as
    the vendor's client writes them."""
    def schema(of):
        _, _, name = of.get("$ref", "").rpartition("/")
        found = specification["definitions"][name] if name else of
        properties = {snake(member): it for member, it in found.get("properties", {}).items()}
        return {"properties": properties, "required": [snake(member) for member in found.get("required", [])]}

    return [{**it, "schema": schema(it["schema"])} if "schema" in it else it for it in parameters]


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def fault_of(operations: dict, request: dict) -> str | None:
    """What is wrong with a request, if anything. `operations` has the parameters by method and path template."""
    parameters = find(operations, request["method"], request["path"])
    if parameters is None:
        return f"no operation {request['method']} {request['path']}"
    pairs = parse_qsl(request["query"], keep_blank_values=True)
    is_form = request["headers"].get("content-type", "").startswith("application/x-www-form-urlencoded")
    body = request["body"] or ""
    found = part(parameters, "query", pairs)
    if is_form:
        return found or part(parameters, "formData", parse_qsl(body))
    return found or in_body(parameters, json.loads(body) if body else None)


def find(operations: dict, method: str, path: str):
    """The parameters of the operation, literal paths before templates."""
    def matches(template):
        pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
        return re.fullmatch(pattern.rstrip("/") + "/?", path)

    known = [template for of, template in operations if of == method and matches(template)]
    known.sort(key=lambda template: template.count("{"))
    return operations[method, known[0]] if known else None


def part(parameters: list, where: str, pairs: list) -> str | None:
    known = {it["name"]: it for it in parameters if it["in"] == where}
    # A list is written with brackets, as the vendors' clients write it.
    pairs = [(name.removesuffix("[]"), value) for name, value in pairs]
    for name, value in pairs:
        if name not in known:
            return f"no parameter {name}"
        wrong = out_of_bounds(known[name], value)
        if wrong:
            return f"{name}={value} is {wrong}"
    missing = [name for name, it in known.items() if it.get("required") and name not in dict(pairs)]
    return f"{missing} missing" if missing else None


def out_of_bounds(parameter: dict, value: str) -> str | None:
    if parameter.get("type") == "integer":
        if not re.fullmatch(r"-?\d+", value):
            return "no number"
        if not parameter.get("minimum", 0) <= int(value) <= parameter.get("maximum", 2**63):
            return "out of bounds"
    if parameter.get("type") == "boolean" and value not in ("true", "false"):
        return "no flag"
    choices = parameter.get("enum")
    return "no choice" if choices and value not in choices else None


def in_body(parameters: list, body) -> str | None:
    described = [it for it in parameters if it["in"] == "body"]
    if body in (None, {}) and not any(it.get("required") for it in described):
        return None
    if not described:
        return "no body is known"
    properties = described[0].get("schema", {}).get("properties")
    if properties is None or not isinstance(body, dict):
        return None
    unknown = sorted(set(body) - set(properties))
    missing = sorted(set(described[0]["schema"].get("required", [])) - set(body))
    if unknown or missing:
        return f"members unknown: {unknown}, missing: {missing}"
    return None
