from __future__ import annotations

import configparser
import shlex
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.local import configuration
from deploy.local.programs import Program, local_programs
from deploy.local.settings import StackSettings


def read(programs: tuple[Program, ...], state: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(configuration.render(programs, state))
    return parser


def test_programs_start_in_order_and_the_watchdog_last(tmp_path: Path) -> None:
    parser = read(local_programs(StackSettings.load(state_directory=tmp_path)), tmp_path)
    names = ["program:redis", "program:triton", "program:worker", "program:gateway", "eventlistener:watchdog"]
    priorities = [parser.getint(name, "priority") for name in names]
    assert priorities == sorted(set(priorities))


def test_every_log_rotates(tmp_path: Path) -> None:
    parser = read(local_programs(StackSettings.load(state_directory=tmp_path)), tmp_path)
    for name in parser.sections():
        for key in ("logfile", "stdout_logfile", "stderr_logfile"):
            if parser.get(name, key, fallback="NONE") != "NONE":
                assert parser.get(name, f"{key}_maxbytes") == "10MB"


@given(st.lists(st.text("ab %'\"$", min_size=1), min_size=1, max_size=4).filter(lambda words: words[0].strip() != ""))
def test_a_command_survives_quoting_and_supervisors_expansion(words: list[str]) -> None:
    parser = read((Program("odd", tuple(words), 1),), Path("/state"))
    assert shlex.split(parser.get("program:odd", "command")) == words


def test_a_long_state_path_gets_a_short_socket() -> None:
    near, far = Path("/srv/wegen"), Path("/srv") / ("x" * 150)
    assert configuration.socket(near) == near / "supervisor.sock"
    assert len(str(configuration.socket(far))) < 108
    assert configuration.socket(far) != configuration.socket(far / "other")
