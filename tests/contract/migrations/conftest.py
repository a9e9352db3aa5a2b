from tests.contract.jobs.databases import database_url
from tests.contract.servers.postgres_server import postgres

__all__ = ["database_url", "postgres"]
