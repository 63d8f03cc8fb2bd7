"""The benchmarks build their own data set: it passes the same check as the real one."""

import subprocess
import sys
from pathlib import Path

from app.content.check import read_seed
from support import ROOT


def test_a_synthetic_seed_passes_the_check(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    subprocess.run([sys.executable, str(ROOT / "benchmarks/synthetic.py"), "400", str(seed)], check=True)

    assert len(read_seed(seed).records) >= 390
