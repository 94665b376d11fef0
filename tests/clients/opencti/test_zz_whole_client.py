"""That the tests beside this one use the whole client: every method of the classes that the contract
names, with every parameter that it reads. Runs last, and only when all of them ran."""

import inspect
import re

import pytest

from .conftest import CLASSES, USED

PARAMETER = re.compile(r"kwargs\.get\(\s*\"(\w+)\"")

# What the contract leaves out (organisations alone are identities here, and markings are read only).
LEFT_OUT = {
    ("Identity", "import_from_stix2"),
    ("Identity", "generate_id_from_data"),
    ("MarkingDefinition", "create"),
    ("MarkingDefinition", "update_field"),
    ("MarkingDefinition", "delete"),
    ("MarkingDefinition", "import_from_stix2"),
    ("MarkingDefinition", "generate_id_from_data"),
}
# Of what every object of knowledge has, what organisations need.
GENERIC = {"read", "list", "update_field", "delete"}
OTHER_IDENTITIES = {"security_platform_type", "x_opencti_firstname", "x_opencti_lastname"}


def methods():
    for kind in CLASSES:
        for name, method in vars(kind).items():
            plain = getattr(method, "__func__", method)
            if not name.startswith("_") and callable(plain) and (kind.__name__, name) not in LEFT_OUT:
                if kind.__name__ != "StixDomainObject" or name in GENERIC:
                    yield kind.__name__, name, inspect.unwrap(plain)


def test_every_method_was_called_with_every_parameter(request):
    files = {item.path.name for item in request.session.items if item.path.parent.name == "opencti"}
    if len(files) < 8:
        pytest.skip("only a part of the suite was chosen")
    missing = []
    for kind, name, method in methods():
        used = USED.get((kind, name))
        if used is None:
            missing.append(f"{kind}.{name}")
            continue
        wanted = set(PARAMETER.findall(inspect.getsource(method))) - OTHER_IDENTITIES
        missing += [f"{kind}.{name}({parameter}=…)" for parameter in sorted(wanted - used)]
    assert not missing, "\n".join(missing)
