"""That the tests beside this one use every method of the client that is about people. Runs last, and only when all
of them ran."""

import re

import pytest
from misp_answers import USED
from pymisp import PyMISP

# What of the client is about people, organisations, roles and their keys and settings, by a word of the name.
ABOUT = re.compile(r"user|organisation|role|authkey|setting|registration|statistics|heartbeat|search_logs|direct_call|version")
# What has such a word and is about something else: figures of events, diagnostics, and releases published elsewhere.
ELSE = {
    "attributes_statistics",
    "misp_instance_version_master",
    "pymisp_version_main",
    "pymisp_version_master",
    "server_settings",
    "tags_statistics",
    "version",
}


def test_every_method_about_people_was_called(request):
    files = {item.path.name for item in request.session.items if item.path.parent.name == "misp"}
    if len(files) < 8:
        pytest.skip("only a part of the suite was chosen")
    about = {name for name in vars(PyMISP) if not name.startswith("_") and ABOUT.search(name)}
    assert len(about) > 30
    assert sorted(about - ELSE - USED) == []
