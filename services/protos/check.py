"""`python -m services.protos.check [--publish]`: lint the protos, and refuse what breaks callers (needs buf).

`published.binpb` is what callers have been given; `--publish` replaces it by the protos as they are.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from services.protos.generate import ROOT, describe

VERSION = "1.75.0"
PUBLISHED = ROOT / "published.binpb"
_CACHE = Path(".cache/buf")
_INSTALL_S = 120


def find() -> Path | None:
    """The buf program: from PATH, or npm's under .cache, fetched if need be; None where neither is to be had."""
    installed = shutil.which("buf")
    if installed:
        return Path(installed)
    program, npm = _CACHE / "node_modules/.bin/buf", shutil.which("npm")
    if not program.exists() and npm:
        line = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_CACHE)]
        try:
            subprocess.run(  # noqa: S603 - npm itself, a pinned package
                [*line, f"@bufbuild/buf@{VERSION}"], check=False, timeout=_INSTALL_S, capture_output=True
            )
        except subprocess.TimeoutExpired:
            return None
    return program if program.exists() else None


def main() -> int:
    """0 if the protos are well, or buf is not to be had; buf's own status otherwise."""
    parser = argparse.ArgumentParser(prog="python -m services.protos.check", description=__doc__)
    parser.add_argument("--publish", action="store_true", help="callers may rely on the protos as they are now")
    if parser.parse_args().publish:
        describe(PUBLISHED, comments=False)
        return 0
    buf = find()
    if buf is None:
        print("protos: not checked, there is neither buf nor an npm that can fetch it", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        now = Path(folder) / "now.binpb"
        describe(now)
        options = ("--path", "wegen", "--config", str(ROOT / "buf.yaml"))
        checks = (("lint", str(now)), ("breaking", str(now), "--against", str(PUBLISHED)))
        results = [subprocess.run([str(buf), *check, *options], check=False) for check in checks]  # noqa: S603 - buf
    return max(result.returncode for result in results)


if __name__ == "__main__":
    sys.exit(main())
