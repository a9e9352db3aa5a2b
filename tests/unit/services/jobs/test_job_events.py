from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from services.jobs import JobEvent, JobState
from services.jobs.transitions import TERMINAL

events = st.builds(
    JobEvent,
    job_id=st.text(),
    kind=st.sampled_from(["state", "step", "preview"]),
    state=st.sampled_from(JobState),
    step=st.integers(0, 100),
    steps=st.integers(1, 100),
    image=st.none() | st.text(),
    error=st.none() | st.text(),
    attempt=st.integers(0, 3),
    at=st.datetimes(timezones=st.just(UTC)),
)


@given(events)
def test_an_event_survives_its_encoding(event: JobEvent) -> None:
    assert JobEvent.decode(event.encode()) == event


@given(events)
def test_the_last_event_is_that_of_an_ended_job(event: JobEvent) -> None:
    assert event.last == (event.state in TERMINAL)
