"""The examples of docs/dialects/tenable.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "dialects" / "tenable.md"


def test_the_guides_examples(make_usher):
    server = make_usher(demo=False)
    examples = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    assert len(examples) == 2
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)],
        env={name: server.env[name] for name in ("TIE_URL", "TIE_API_KEY")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    identifier, key = ran.stdout.split()
    assert identifier == "grace@example.org"
    assert len(key) == 40
