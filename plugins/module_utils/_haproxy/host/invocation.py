# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service starts HAProxy: with which files, in which order, in which mode and environment.

A file is checked as the service reads it: in master-worker mode, between the other ``-f`` of the command line, with the
variables of the service. The source is the running master (a reload re-executes it with the same arguments); where none
runs, the systemd unit. Where neither names the file, it is checked alone and in master-worker mode, as every
distribution starts HAProxy.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import masters_of, words_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

UNIT = "haproxy.service"
#: A master that re-executes itself has neither command line nor environment for a moment.
_LOOKS = 10
_TIME_LIMIT = 20.0
_MODES = ("-W", "-Ws")
#: Options that affect how a file is read: those without a value, and those with one.
_KEPT = (*_MODES, "-dr", "-dV", "-dW")
_KEPT_WITH_VALUE = ("-L", "-n", "-N", "-m")
_WITH_VALUE = (*_KEPT_WITH_VALUE, "-C", "-S", "-f", "-p", "-x")
#: Variables that HAProxy and systemd set for their child processes; another process with them would take itself for
#: one.
_OF_THE_PROCESS = (
    "HAPROXY_MWORKER",
    "HAPROXY_PROCESSES",
    "HAPROXY_STARTUP",
    "HAPROXY_CFGFILES",
    "HAPROXY_CLI",
    "HAPROXY_MASTER_CLI",
    "HAPROXY_LOAD_SUCCESS",
    "HAPROXY_LOCALPEER",
    "LISTEN_",
    "NOTIFY_SOCKET",
    "WATCHDOG_",
)


class Invocation(NamedTuple):
    """``sources`` are the files and directories of ``-f``, in order, as absolute paths; ``options`` the other arguments
    that affect how they are read; ``directory`` the working directory. ``environment`` is None where it is not known:
    then it is assumed to be like our own."""

    sources: tuple[str, ...]
    options: tuple[str, ...] = ("-W",)
    directory: str | None = None
    environment: Mapping[str, str] | None = None

    def files(self) -> list[str]:
        """What HAProxy reads, in order; of a directory all visible ``*.cfg`` files by name (management.txt, ``-f``)."""
        found: list[str] = []
        for source in self.sources:
            found += _within(source) if os.path.isdir(source) else [source]
        return found

    def reads(self, path: str) -> bool:
        real = os.path.realpath(path)
        return any(os.path.realpath(file) == real for file in self.files()) or any(
            os.path.realpath(source) == os.path.dirname(real) and _is_taken(os.path.basename(real))
            for source in self.sources
        )

    def in_place_of(self, path: str, other: str) -> list[str]:
        """The files in order, with ``other`` in the place of ``path``, which need not exist yet."""
        real, taken = os.path.realpath(path), False
        found: list[str] = []
        for source in self.sources:
            files = _within(source) if os.path.isdir(source) else [source]
            if os.path.isdir(source) and os.path.realpath(source) == os.path.dirname(real):
                name = os.path.basename(real)
                files = sorted({*files, *([os.path.join(source, name)] if _is_taken(name) else [])})
            for file in files:
                same = os.path.realpath(file) == real
                taken |= same
                found.append(other if same else file)
        return found if taken else [other]

    def arguments(self, files: Iterable[str]) -> list[str]:
        """The arguments with which HAProxy only checks these files."""
        words = ["-c"]
        for file in files:
            words += ["-f", file]
        return [*words, *self.options, *(["-C", self.directory] if self.directory else [])]


def invocation(path: str, system: System, proc: str = "/proc", unit: str = UNIT) -> Invocation:
    """How the service reads ``path``: from the master that runs with it, or from the ``unit``."""
    for pid in masters_of(path, proc):
        found = from_words(words_of(pid, proc), _link(f"{proc}/{pid}/cwd"))._replace(environment=_environ(pid, proc))
        if found.reads(path):
            return found
    found = _from_unit(system, unit)
    return found if found.reads(path) else Invocation((path,))


def from_words(words: list[str], directory: str | None) -> Invocation:
    """An invocation from a command line, the program's name first."""
    values: dict[str, list[str]] = {}
    sources: list[str] = []
    options: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word == "--":
            sources += [each for each in rest if each]
        elif word in _KEPT:
            options.append(word)
        elif word in _WITH_VALUE:
            value = next(rest, "")
            values.setdefault(word, []).append(value)
            if word == "-f":
                sources.append(value)
            elif word in _KEPT_WITH_VALUE:
                options += [word, value]
    for chosen in values.get("-C", []):
        directory = os.path.join(directory or "/", chosen)
    return Invocation(tuple(os.path.join(directory or "/", source) for source in sources), tuple(options), directory)


def from_unit(unit_properties: Mapping[str, str], read: Mapping[str, str]) -> Invocation:
    """An invocation from systemd's properties of a unit. ``read`` has the text of its EnvironmentFiles, by path."""
    import shlex

    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    pairs = shlex.split(unit_properties.get("Environment", ""))
    for text in read.values():
        lines = [line.strip() for line in text.splitlines()]
        # A quote that is never closed is left to systemd to report.
        pairs += [
            line if line.count('"') % 2 or line.count("'") % 2 else "".join(shlex.split(line))
            for line in lines
            if line[:1] not in ("", "#", ";")
        ]
    environment.update(_pairs(pairs))
    command = unit_properties.get("ExecStart", "").partition("argv[]=")[2].partition(" ; ")[0]
    words: list[str] = []
    for word in command.split():
        name = word[1:].strip("{}") if word.startswith("$") else ""
        if word.startswith("$") and not word.startswith("${"):
            words += environment.get(name, "").split()
        elif word.startswith("${") and word.endswith("}"):
            words.append(environment.get(name, ""))
        else:
            words.append(word)
    directory = unit_properties.get("WorkingDirectory", "").lstrip("!-") or "/"
    return from_words(words, directory)._replace(environment=environment)


def _from_unit(system: System, unit: str) -> Invocation:
    program = system.which("systemctl")
    properties = "ExecStart,Environment,EnvironmentFiles,WorkingDirectory"
    answer = program and system.run([program, "show", unit, f"--property={properties}"], timeout=_TIME_LIMIT)
    if not answer or answer.rc != 0:
        return Invocation(())
    unit_properties: dict[str, str] = {}
    files: list[str] = []
    for line in answer.stdout.splitlines():
        name, _equals, value = line.partition("=")
        unit_properties.setdefault(name, value)
        if name == "EnvironmentFiles":
            files.append(value.partition(" (")[0])
    return from_unit(unit_properties, {file: _text(file) for file in files})


def _within(directory: str) -> list[str]:
    paths = [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if _is_taken(name)]
    return [path for path in paths if os.path.isfile(path)]


def _is_taken(name: str) -> bool:
    return name.endswith(".cfg") and not name.startswith(".")


def _environ(pid: int, proc: str) -> dict[str, str] | None:
    """The environment a process was started with; None where reading it is not permitted."""
    pairs: list[str] = []
    for _again in range(_LOOKS):
        try:
            with open(f"{proc}/{pid}/environ", "rb") as file:
                pairs = [os.fsdecode(pair) for pair in file.read().split(b"\0") if pair]
        except OSError:
            return None
        if pairs:
            break
        time.sleep(0.02)
    return _pairs(pair for pair in pairs if not pair.startswith(_OF_THE_PROCESS)) if pairs else None


def _pairs(words: Iterable[str]) -> dict[str, str]:
    cut = (word.partition("=") for word in words)
    return {name: value for name, equals, value in cut if equals}


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None
