"""`python -m services.storage check`: try the store that WEGEN_STORE and WEGEN_S3_* name.

Exit status 3 when it breaks a promise that jobs rest on.
"""

from __future__ import annotations

import argparse
import sys

from services.errors import WegenError
from services.settings import SettingsError
from services.storage.opening import open_store
from services.storage.settings import StoreSettings
from services.storage.trial import Trial

_BROKEN = 3


def main() -> int:
    """0: every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m services.storage", description=__doc__)
    parser.add_argument("action", choices=("check",))
    parser.add_argument("--rounds", type=int, default=10, help="of writers who want the same name")
    parser.add_argument("--no-urls", action="store_true", help="where the public endpoint cannot be reached from here")
    arguments = parser.parse_args()
    try:
        store = open_store(StoreSettings.load())
        store.check()
        broken = 0
        for finding in Trial(store, rounds=arguments.rounds, urls=not arguments.no_urls).run():
            print(f"BROKEN  {finding.promise}: {finding.problem}" if finding.problem else f"kept    {finding.promise}")
            broken += bool(finding.problem)
    except (SettingsError, WegenError) as error:
        print(f"store: {error}", file=sys.stderr)
        return 1
    return _BROKEN if broken else 0


if __name__ == "__main__":
    sys.exit(main())
