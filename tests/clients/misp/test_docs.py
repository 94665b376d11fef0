"""The example of the dialect's own page, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "dialects" / "misp.md"


def test_the_example_of_the_page_works_as_written(make_usher, tmp_path):
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    server = make_usher(demo=False)
    environment = {**os.environ, **server.env}
    command = [sys.executable, "-c", example]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, people = done.stdout.splitlines()
    assert re.fullmatch(r"2 [A-Za-z0-9]{40}", first)
    assert people == "['analyst@cybersec.example']"
