# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters: the files that set them at boot, which of these takes precedence, and what has to change. Pure.

A parameter is identified by its path below /proc/sys (``net/ipv4/ip_forward``); both spellings of sysctl.d(5) are
accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from operator import eq
from typing import Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

#: Prefix of our files in sysctl.d, whatever they are for.
OURS = "60-k8s-edge-"
_WAS = "# was: "


class File(NamedTuple):
    """A file of sysctl.d, by its path. Lists of them are in the order in which they are read."""

    path: str
    text: str


class Desired(NamedTuple):
    """The desired state of the kernel: parameters by path, and modules."""

    parameters: Mapping[str, str] = {}
    modules: tuple[str, ...] = ()


class Found(NamedTuple):
    """The current state: values of the parameters concerned (None where the kernel has none), loaded modules, the
    content of our two files (None for no file), and the other files that are read before and after ours."""

    values: Mapping[str, str | None]
    loaded: frozenset[str]
    parameters_file: str | None
    modules_file: str | None
    before: tuple[File, ...]
    after: tuple[File, ...]


class Set(NamedTuple):
    """Set a parameter's value now; None leaves it unchanged."""

    parameter: str
    value: str | None


class Load(NamedTuple):
    """Load a module if it is not loaded. Modules are never unloaded: something else may use them by then."""

    module: str


class Write(NamedTuple):
    """Replace one of our files, ``parameters`` or ``modules``, by ``content``; None for no file."""

    kind: str
    content: str | None


def parameter_path(name: str) -> str:
    """The path of a parameter: the first separator in its name determines which spelling it is."""
    dot, slash = name.find("."), name.find("/")
    if dot < 0 or 0 <= slash < dot:
        return name
    return name.translate(str.maketrans("./", "/."))


def parameter_name(path: str) -> str:
    """The usual name of a parameter: ``net.ipv4.ip_forward``."""
    return path.translate(str.maketrans("./", "/."))


def plain(value: str) -> str:
    """A value for comparison: the kernel separates numbers by tabs, files often by spaces."""
    return " ".join(value.split())


def settings(text: str) -> Iterator[tuple[str, str, str | None]]:
    """(path or pattern, value, value before ours) of each line of a file that sets something."""
    was = None
    for line in text.splitlines():
        stripped = line.strip()
        name, equals, value = stripped.lstrip("-").partition("=")
        if stripped.startswith(_WAS):
            was = stripped[len(_WAS) :]
        elif stripped and stripped[0] not in "#;" and equals:
            yield parameter_path(name.strip()), plain(value), was
            was = None


def setting_in(parameter: str, files: Iterable[File], matches: Callable[[str, str], bool]) -> tuple[str, str] | None:
    """(file, value) of the setting that takes precedence; None where no file sets the parameter. ``matches`` takes the
    parameter and the name in a line."""
    last = None
    for file in files:
        for pattern, value, _was in settings(file.text):
            if matches(parameter, pattern):
                last = (file.path, value)
    return last


def last_setting(parameter: str, files: Sequence[File]) -> tuple[str, str] | None:
    """The same by sysctl.d(5): a line with the parameter's name takes precedence over one with a pattern."""
    return setting_in(parameter, files, eq) or setting_in(parameter, files, fnmatchcase)


def plan(found: Found, desired: Desired, heading: str) -> Plan:
    """The changes that bring the kernel and our files to the desired state. ``heading`` is the first line of our
    files."""
    ours = {path: (value, was) for path, value, was in settings(found.parameters_file or "")}
    steps = [
        Step(f"load the module {name}, now", Load(name), None) for name in desired.modules if name not in found.loaded
    ]
    for path, value in sorted(desired.parameters.items()):
        current = found.values[path]
        if current != value:
            steps.append(
                Step(f"{parameter_name(path)}: {value} instead of {current}, now", Set(path, value), Set(path, current))
            )
    for path, (_value, was) in sorted(ours.items()):
        setting = last_setting(path, (*found.before, *found.after))
        back = setting[1] if setting else was
        current = found.values.get(path)
        if path not in desired.parameters and current is not None and back is not None and back != current:
            whose = f"as {setting[0]} says" if setting else "as it was"
            steps.append(Step(f"{parameter_name(path)}: {back} again, {whose}", Set(path, back), Set(path, current)))
    texts = {
        "parameters": (found.parameters_file, _parameters_text(desired, ours, _first_values(found), heading)),
        "modules": (found.modules_file, _modules_text(desired, heading)),
    }
    for kind, (old, new) in texts.items():
        if old != new:
            steps.append(Step("\n".join(_summaries(kind, old, new)), Write(kind, new), Write(kind, old)))
    before, after = ("".join(text[index] or "" for text in texts.values()) for index in (0, 1))
    return Plan(before, after, tuple(steps), "runtime" if steps else "none", tuple(_conflicts(found, desired)))


def _first_values(found: Found) -> dict[str, str | None]:
    """The values of parameters before any setting of ours: another file of ours may have recorded them."""
    known = {
        path: was
        for file in (*found.before, *found.after)
        if OURS in file.path
        for path, _value, was in settings(file.text)
        if was is not None
    }
    return {**found.values, **known}


def _parameters_text(
    desired: Desired, ours: Mapping[str, tuple[str, str | None]], values: Mapping[str, str | None], heading: str
) -> str | None:
    """Our file, with the value of each parameter before it was ours."""
    lines = [heading]
    for path, value in sorted(desired.parameters.items()):
        was = ours[path][1] if path in ours else values[path]
        lines += [f"{_WAS}{was}"] if was is not None else []
        lines.append(f"{parameter_name(path)} = {value}")
    return "\n".join(lines) + "\n" if desired.parameters else None


def with_earlier_values(text: str, born: Mapping[str, str]) -> str:
    """Our file, with the earlier values that could not be read before their module was loaded."""
    lines: list[str] = []
    for line in text.splitlines():
        was = born.get(parameter_path(line.partition(" = ")[0]))
        if was is not None and not lines[-1].startswith(_WAS):
            lines.append(f"{_WAS}{was}")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _modules_text(desired: Desired, heading: str) -> str | None:
    return "\n".join([heading, *sorted(desired.modules)]) + "\n" if desired.modules else None


def _summaries(kind: str, old: str | None, new: str | None) -> list[str]:
    """A line for each setting of a file that is added, changed or removed."""
    if kind == "parameters":
        then, now = ({parameter_name(path): value for path, value, _was in settings(text or "")} for text in (old, new))
        lines = [f"{name}: {value} at boot" for name, value in now.items() if then.get(name) != value]
        lines += [f"{name}: no longer set at boot" for name in then if name not in now]
    else:
        earlier, later = ((text or "").splitlines()[1:] for text in (old, new))
        lines = [f"load the module {name} at boot" for name in later if name not in earlier]
        lines += [f"no longer load the module {name} at boot" for name in earlier if name not in later]
    return lines or ["correct the file of k8s_edge"]


def _conflicts(found: Found, desired: Desired) -> Iterator[str]:
    """Files that would override ours at boot. Patterns do not, since our file has the parameter's name."""
    for path, value in sorted(desired.parameters.items()):
        setting = setting_in(path, found.after, eq)
        if setting and setting[1] != value:
            yield (
                f"{setting[0]} sets {parameter_name(path)} to {setting[1]} and is read after the file of k8s_edge, "
                f"which sets it to {value}: at the next boot it wins. Correct it there, or leave the parameter out."
            )
