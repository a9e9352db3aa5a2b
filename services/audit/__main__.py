"""`python -m services.audit [--remove]`: hold rows and objects against each other; `lifecycle`: let objects expire.

Exit status 3 when a picture is missing that a row promises.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta

from pydantic import Field

from services.audit.findings import Audit
from services.errors import WegenError
from services.jobs.database import Database
from services.jobs.settings import JobSettings
from services.settings import SettingsError
from services.storage import S3Store, open_store
from services.storage.settings import StoreSettings

_MISSING = 3


class AuditSettings(StoreSettings, JobSettings):
    """The settings of the gateway that are about rows and objects."""

    tenant: str = Field(default="default", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")


def main() -> int:
    """0: all is well."""
    parser = argparse.ArgumentParser(prog="python -m services.audit", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("audit", "lifecycle"), default="audit")
    parser.add_argument("--remove", action="store_true", help="remove the objects that nobody needs")
    arguments = parser.parse_args()
    try:
        settings = AuditSettings.load()
        return _expire(settings) if arguments.action == "lifecycle" else _audit(settings, remove=arguments.remove)
    except (SettingsError, WegenError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1


def _audit(settings: AuditSettings, *, remove: bool) -> int:
    database, store = Database(settings.database_url, connections=1), open_store(settings)
    try:
        keep = timedelta(seconds=settings.job_retention_s)
        findings = Audit(database, store, keep=keep).run(datetime.now(UTC))
    finally:
        database.close()
    for name in findings.orphans:
        print(f"{'removed' if remove else 'unneeded'} {name}")
        if remove:
            store.delete(name)
    for name in findings.missing:
        print(f"missing {name}")
    print(f"{len(findings.orphans)} objects unneeded, {len(findings.missing)} pictures missing")
    return _MISSING if findings.missing else 0


def _expire(settings: AuditSettings) -> int:
    """Pictures outlive their rows by a day; what is kept on the way lives two days at most."""
    store = open_store(settings)
    if not isinstance(store, S3Store):
        print("audit: a directory has no lifecycle rules, run with --remove now and then", file=sys.stderr)
        return 1
    days = round(settings.job_retention_s / 86400) + 1
    rules = {
        f"{settings.tenant}/images/": days,
        f"{settings.tenant}/previews/": 2,
        f"{settings.tenant}/checkpoints/": 2,
    }
    store.expire(rules)
    for prefix, after in rules.items():
        print(f"{prefix} expires after {after} days")
    return 0


if __name__ == "__main__":
    sys.exit(main())
