"""The README's examples, run as they stand.

A fenced block of bash or python is an example when the line above it is `<!-- test: NAME -->`. It runs
in a folder whose `usher-data` is the demo's, after `. usher-data/first-run.env`, on one demo server, in
the order of the README. `<!-- test: NAME client=misp -->` runs it with the Python that has that
suite's client.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import binary

README = Path(__file__).resolve().parents[2] / "README.md"
EXAMPLE = re.compile(
    r"^<!-- test: (?P<name>[\w-]+)(?: client=(?P<client>[\w.-]+))? -->\n+"
    r"```(?P<language>bash|sh|python)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
MARK = re.compile(r"^<!-- test:", re.MULTILINE)


def readme() -> str:
    return README.read_text() if README.exists() else ""


def examples() -> list:
    return [pytest.param(found, id=found["name"]) for found in EXAMPLE.finditer(readme())]


def test_every_marked_example_is_found():
    assert README.exists()
    assert len(examples()) == len(MARK.findall(readme())) > 0


@pytest.mark.parametrize("example", examples())
def test_an_example_works_as_written(example, usher):
    folder = usher.data.parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    pythons = Path(os.environ.get("USHER_PYTHONS", "target/python")).resolve()
    paths = [pythons / (example["client"] or "server") / "bin", binary().parent.resolve(), environment["PATH"]]
    environment["PATH"] = ":".join(map(str, paths))
    if example["language"] == "python":
        script = folder / f"example-{example['name']}.py"
        script.write_text(example["text"])
        commands = f". usher-data/first-run.env; exec python {script.name}"
    else:
        commands = f". usher-data/first-run.env\n{example['text']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
