"""pycti's own integration tests, from its repository, against a fresh server.

No package holds them, so they are copied from the repository, or from the copy that `USHER_FOREIGN_PYCTI` names.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import pytest  # noqa: E402
import suite  # noqa: E402

REPOSITORY = "https://github.com/OpenCTI-Platform/client-python"
COMMIT = "f49241eb0c1a66dcef3d5caf3711cafb96d1b1d2"
# What is about events alone (bundles of knowledge, connectors) is left out: none of it is served.
TESTS = ["test_entity_crud", "test_entity_filter", "test_group", "test_role", "test_settings", "test_user"]


class Outcomes:
    """Which tests passed."""

    def __init__(self):
        self.passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report):
        name = "::".join(report.nodeid.rpartition("/")[2].split("::")).replace(" ", "_")
        if report.failed or (report.when == "call" and not report.skipped):
            self.passed[name] = report.passed and self.passed.get(name, True)


def source() -> Path:
    folder = Path("client-python").resolve()
    if not folder.is_dir():
        copy = os.environ.get("USHER_FOREIGN_PYCTI", REPOSITORY)
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", copy, str(folder)], check=True)
        # The data of knowledge is large and belongs to tests that are left out.
        command = ["git", "-C", str(folder), "checkout", "--quiet", COMMIT, "--", "tests", ":!tests/data"]
        subprocess.run(command, check=True)
    return folder


def main() -> int:
    expected = suite.expected_failures(HERE)
    os.chdir(source())
    server = suite.usher(demo=False)
    try:
        os.environ["OPENCTI_API_URL"] = server.env["OPENCTI_URL"]
        os.environ["OPENCTI_API_TOKEN"] = server.env["OPENCTI_TOKEN"]
        outcomes = Outcomes()
        # The installed client is tried, not the source that the tests lie beside.
        sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())]
        tests = [f"tests/02-integration/entities/{name}.py" for name in TESTS]
        arguments = ["-q", "-p", "no:cacheprovider", "--tb=line", "--import-mode=importlib", "-o", "pythonpath=."]
        pytest.main([*arguments, *tests], plugins=[outcomes])
    finally:
        server.stop()
    return suite.verdict(outcomes.passed, expected)


if __name__ == "__main__":
    sys.exit(main())
