"""The tables' history: what makes an empty or an older database the one the services expect."""

from services.migrations.runner import SchemaError, migrate, prepare

__all__ = ["SchemaError", "migrate", "prepare"]
