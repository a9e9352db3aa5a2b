"""supervisord's configuration file, generated from the programs."""

from __future__ import annotations

import hashlib
import shlex
import sys
import tempfile
from pathlib import Path

from deploy.local.programs import Program
from deploy.local.settings import ROOT

_LOG_BYTES = "10MB"
_LOG_BACKUPS = 3
# A Unix socket's path must fit into 108 bytes.
_SOCKET_LIMIT = 100
# A service that dies sooner has not started: a wrong setting shows within seconds of the imports.
_START_SECONDS = 5
START_RETRIES = 2


def socket(state: Path) -> Path:
    """Supervisord's control socket: in the state folder, or under the temporary one where that path is too long."""
    path = state / "supervisor.sock"
    if len(str(path)) <= _SOCKET_LIMIT:
        return path
    name = hashlib.sha256(str(state).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"wegen-{name}.sock"


def pid_file(state: Path) -> Path:
    """Where supervisord writes its process id."""
    return state / "supervisord.pid"


def log_file(state: Path, program: str) -> Path:
    """The log of one program; rotated copies end in .1, .2 ..."""
    return state / "log" / f"{program}.log"


def render(programs: tuple[Program, ...], state: Path) -> str:
    """The configuration's text."""
    head = f"""
[supervisord]
logfile = {_value(log_file(state, "supervisord"))}
logfile_maxbytes = {_LOG_BYTES}
logfile_backups = {_LOG_BACKUPS}
pidfile = {_value(pid_file(state))}
directory = {_value(ROOT)}
identifier = wegen

[unix_http_server]
file = {_value(socket(state))}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    sections = [_program(program, rank, state) for rank, program in enumerate(programs, start=1)]
    return "\n".join([head.lstrip(), *sections, _watchdog(state)])


def _program(program: Program, rank: int, state: Path) -> str:
    return f"""
[program:{program.name}]
command = {_value(shlex.join(program.command))}
priority = {rank * 10}
startsecs = {_START_SECONDS}
startretries = {START_RETRIES}
autorestart = true
stopsignal = TERM
stopwaitsecs = {program.stop_seconds}
killasgroup = true
redirect_stderr = true
{_stdout(program.name, state)}""".lstrip()


def _watchdog(state: Path) -> str:
    """The listener that restarts what runs but does not answer; it leaves first and starts last."""
    command = shlex.join((sys.executable, "-m", "deploy.local.watchdog"))
    return f"""
[eventlistener:watchdog]
command = {_value(command)}
events = TICK_5
priority = 999
buffer_size = 10
startsecs = {_START_SECONDS}
startretries = {START_RETRIES}
stopwaitsecs = 5
stderr_logfile = {_value(log_file(state, "watchdog"))}
stderr_logfile_maxbytes = {_LOG_BYTES}
stderr_logfile_backups = {_LOG_BACKUPS}
stdout_logfile = NONE
""".lstrip()


def _stdout(name: str, state: Path) -> str:
    return f"""stdout_logfile = {_value(log_file(state, name))}
stdout_logfile_maxbytes = {_LOG_BYTES}
stdout_logfile_backups = {_LOG_BACKUPS}
"""


def _value(text: object) -> str:
    """Supervisor expands %(name)s in values: a percent sign is written twice."""
    return str(text).replace("%", "%%")
