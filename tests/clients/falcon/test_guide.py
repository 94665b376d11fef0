"""The examples of docs/dialects/falcon.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "dialects" / "falcon.md"


def test_the_guides_examples(make_usher):
    server = make_usher(demo=False)
    examples = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    assert len(examples) == 2
    names = ("FALCON_BASE_URL", "FALCON_CLIENT_ID", "FALCON_CLIENT_SECRET")
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)],
        env={name: server.env[name] for name in names},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 3 and lines[1:] == ["['Falcon Analyst - Read Only']", "200 403"], ran.stdout
