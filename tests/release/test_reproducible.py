"""The same source gives the same function: the one that the other tests run, and one that is compiled elsewhere.

That takes minutes, so what it gave is kept in target/tests, beside what it was made of, until the sources or the tools
change.
"""

import json
import os
from pathlib import Path

from release import ROOT, build, dist
from scenario.sam import path

KEPT = ROOT / "target" / "tests" / "elsewhere.json"
FUNCTION = Path(os.environ.get("BOOTSTRAP", ROOT / "target" / "tests" / "bootstrap"))


def test_it_is_the_same_from_another_folder_another_home_and_at_another_time(tmp_path, monkeypatch):
    # The tools that built the first one.
    monkeypatch.setenv("PATH", path())
    here = FUNCTION.read_bytes()
    build.names_no_folder(here, [ROOT, Path.home()])
    key = build.key()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    if kept.get("key") != key:
        elsewhere = build.build_elsewhere(tmp_path).read_bytes()
        kept = {"key": key, "sha256": dist.digest(elsewhere)}
        KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    assert kept["sha256"] == dist.digest(here)
