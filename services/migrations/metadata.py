"""Every table of the services, as their models declare them."""

from __future__ import annotations

from services.gateway.transcripts import METADATA as TRANSCRIPTS
from services.jobs.tables import Base

METADATA = (Base.metadata, TRANSCRIPTS)
