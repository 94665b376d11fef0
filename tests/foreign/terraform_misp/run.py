"""The client of Terraform's provider for MISP, in Go, against a fresh server: `program` calls it, a line for each call.

It needs Go 1.24 or newer. The provider is copied from its repository, or from the copy that
`USHER_FOREIGN_TERRAFORM_MISP` names; its client needs nothing beside Go.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import suite  # noqa: E402

REPOSITORY = "https://github.com/Scriptception/terraform-provider-misp"
COMMIT = "0ce242365fa4b25713e16474edb8c3db8be5da17"


def main() -> int:
    expected = suite.expected_failures(HERE)
    copy = os.environ.get("USHER_FOREIGN_TERRAFORM_MISP", REPOSITORY)
    provider = suite.clone_of(copy, COMMIT, "provider")
    shutil.copytree(HERE / "program", provider / "driven", dirs_exist_ok=True)
    program = suite.built_by_go(provider, "./driven")
    return suite.drive([str(program)], expected)


if __name__ == "__main__":
    sys.exit(main())
