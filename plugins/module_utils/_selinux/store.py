# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy store, through the system's libsemanage: one transaction for all changes, and no package to install.

``semanage`` does the same with Python's setools and takes seconds for each call. All functions used here exist since
libsemanage 2.7 (Enterprise Linux 8). Contexts and records belong to libsemanage and are freed with the handle.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

LIBRARIES = ("libsemanage.so.2", "libsemanage.so.1")
PROTOCOLS = {"udp": 0, "tcp": 1, "dccp": 2, "sctp": 3}
#: How often to try for the store's lock while another program has it. libsemanage waits five seconds each time.
TRIES = 12
_NAMES = {number: name for name, number in PROTOCOLS.items()}
_POINTER = ctypes.c_void_p
#: Functions with a return type other than int.
_RETURNS = {
    "semanage_handle_create": _POINTER,
    "semanage_port_get_con": _POINTER,
    "semanage_fcontext_get_con": _POINTER,
    "semanage_context_get_type": ctypes.c_char_p,
    "semanage_bool_get_name": ctypes.c_char_p,
    "semanage_fcontext_get_expr": ctypes.c_char_p,
    "semanage_module_list_nth": _POINTER,
    "semanage_module_get_name": ctypes.c_char_p,
}


class Range(NamedTuple):
    """A range of ports of a protocol, and its type."""

    protocol: str
    low: int
    high: int
    type: str


class Transaction(NamedTuple):
    """The content of one transaction; None removes. Port -> context, boolean -> value, file expression -> context,
    module -> its text. ``active`` are values that booleans get now, in addition to their settings."""

    ports: Mapping[str, str | None] = {}
    booleans: Mapping[str, bool | None] = {}
    files: Mapping[str, str | None] = {}
    modules: Mapping[str, str | None] = {}
    active: Mapping[str, bool] = {}

    def __bool__(self) -> bool:
        return any(self)


class Store:
    """The policy store of this host. ``root`` is another location, for tests; then nothing is loaded into the
    kernel."""

    def __init__(self, root: str = "") -> None:
        self._library = _load()
        self._functions: dict[str, Any] = {}
        self._root = root
        if root:
            self._library.semanage_set_root(root.encode())

    def local_ranges(self) -> list[Range]:
        """Local port labels. They do not overlap, and the kernel looks at them before those of the policy."""
        return list(self._ports("semanage_port_list_local"))

    def ports(self) -> list[Range]:
        """Every port label, local ones and the policy's. Takes half a second on a slow host."""
        return list(self._ports("semanage_port_list"))

    def local_booleans(self) -> dict[str, bool]:
        with self._open() as handle:
            return {
                self._call("semanage_bool_get_name", item).decode(): bool(self._call("semanage_bool_get_value", item))
                for item in self._list(handle, "semanage_bool_list_local")
            }

    def local_files(self) -> dict[str, str]:
        """Local file contexts: expression → type."""
        with self._open() as handle:
            found = {}
            for item in self._list(handle, "semanage_fcontext_list_local"):
                context = self._call("semanage_fcontext_get_con", item)
                if context:  # none: <<none>>
                    expression = self._call("semanage_fcontext_get_expr", item).decode()
                    found[expression] = self._call("semanage_context_get_type", _POINTER(context)).decode()
            return found

    def modules(self) -> set[str]:
        """The names of the enabled policy modules."""
        with self._open() as handle:
            listed, count = _POINTER(), ctypes.c_int()
            self._must(handle, "semanage_module_list", ctypes.byref(listed), ctypes.byref(count))
            infos = (self._call("semanage_module_list_nth", listed, number) for number in range(count.value))
            return {self._call("semanage_module_get_name", _POINTER(info)).decode() for info in infos}

    def commit(self, change: Transaction) -> None:
        """Apply the whole change or nothing. Raises EdgeError with libsemanage's message."""
        with _captured_output() as output:
            try:
                with self._open() as handle:
                    self._begin(handle, output)
                    self._stage(handle, change)
                    self._library.semanage_set_reload(handle, 0 if self._root else 1)
                    self._must(handle, "semanage_commit")
            except EdgeError as error:
                reason = "; ".join(line for line in output().splitlines() if line)
                raise EdgeError(" ".join(filter(None, [str(error), reason, "Nothing was changed."]))) from None

    def _begin(self, handle: Any, output: Callable[[], str]) -> None:
        """Begin a transaction, waiting for the lock."""
        reason = ""
        for _try in range(TRIES):
            try:
                self._must(handle, "semanage_begin_transaction")
                return
            except EdgeError as error:
                reason = output().strip()
                if "transaction lock" not in reason:  # libsemanage returns -1, whatever the reason
                    raise EdgeError(f"{error} {reason}") from None
        raise EdgeError(
            "Another program changes the SELinux policy and has not finished within a minute: semanage, setsebool or "
            "the installation "
            f"of a package. Wait until it has finished, and run again. {reason}."
        )

    def _stage(self, handle: Any, change: Transaction) -> None:
        for module, text in change.modules.items():
            if text is None:
                self._must(handle, "semanage_module_remove", module.encode())
            else:
                data = text.encode()
                size = ctypes.c_size_t(len(data))
                self._must(handle, "semanage_module_install", data, size, module.encode(), b"cil")
        for port, context in change.ports.items():
            self._port(handle, port, context)
        for expression, context in change.files.items():
            self._file(handle, expression, context)
        for name, value in change.booleans.items():
            self._boolean(handle, name, value, change.active.get(name))

    def _port(self, handle: Any, port: str, context: str | None) -> None:
        protocol, number = port.split("/")
        record = self._new(handle, "semanage_port_create")
        self._call("semanage_port_set_proto", record, PROTOCOLS[protocol])
        self._call("semanage_port_set_port", record, int(number))
        self._modify(handle, "semanage_port", record, context)

    def _file(self, handle: Any, expression: str, context: str | None) -> None:
        record = self._new(handle, "semanage_fcontext_create")
        self._must(handle, "semanage_fcontext_set_expr", record, expression.encode())
        self._call("semanage_fcontext_set_type", record, 0)
        self._modify(handle, "semanage_fcontext", record, context)

    def _modify(self, handle: Any, kind: str, record: Any, context: str | None) -> None:
        key = _POINTER()
        if context is not None:
            made = _POINTER()
            self._must(handle, "semanage_context_from_string", context.encode(), ctypes.byref(made))
            self._must(handle, f"{kind}_set_con", record, made)
        self._must(handle, f"{kind}_key_extract", record, ctypes.byref(key))
        if context is None:
            self._must(handle, f"{kind}_del_local", key)
        else:
            self._must(handle, f"{kind}_modify_local", key, record)

    def _boolean(self, handle: Any, name: str, setting: bool | None, active: bool | None) -> None:
        record, key = self._new(handle, "semanage_bool_create"), _POINTER()
        self._must(handle, "semanage_bool_set_name", record, name.encode())
        self._must(handle, "semanage_bool_key_extract", record, ctypes.byref(key))
        if setting is None:
            self._must(handle, "semanage_bool_del_local", key)
        else:
            self._call("semanage_bool_set_value", record, int(setting))
            self._must(handle, "semanage_bool_modify_local", key, record)
        if active is not None and not self._root:
            self._call("semanage_bool_set_value", record, int(active))
            self._must(handle, "semanage_bool_set_active", key, record)

    def _ports(self, function: str) -> Iterator[Range]:
        with self._open() as handle:
            for item in self._list(handle, function):
                context = _POINTER(self._call("semanage_port_get_con", item))
                yield Range(
                    _NAMES.get(self._call("semanage_port_get_proto", item), "?"),
                    self._call("semanage_port_get_low", item),
                    self._call("semanage_port_get_high", item),
                    self._call("semanage_context_get_type", context).decode(),
                )

    def _list(self, handle: Any, function: str) -> Iterator[Any]:
        records, count = ctypes.POINTER(_POINTER)(), ctypes.c_uint()
        self._must(handle, function, ctypes.byref(records), ctypes.byref(count))
        return (_POINTER(records[number]) for number in range(count.value))

    def _new(self, handle: Any, function: str) -> Any:
        record = _POINTER()
        self._must(handle, function, ctypes.byref(record))
        return record

    @contextmanager
    def _open(self) -> Iterator[Any]:
        handle = _POINTER(self._call("semanage_handle_create"))
        try:
            self._must(handle, "semanage_connect")
            try:
                yield handle
            finally:
                self._library.semanage_disconnect(handle)
        finally:
            self._library.semanage_handle_destroy(handle)

    def _call(self, function: str, *arguments: Any) -> Any:
        return self._function(function)(*arguments)

    def _must(self, handle: Any, function: str, *arguments: Any) -> None:
        if self._function(function)(handle, *arguments) < 0:
            raise EdgeError(f"The SELinux policy store refused ({function}):")

    def _function(self, name: str) -> Any:
        """Cached: a listing calls the same few functions for each of hundreds of records."""
        if name not in self._functions:
            self._functions[name] = self._library[name]
            self._functions[name].restype = _RETURNS.get(name, ctypes.c_int)
        return self._functions[name]


def _load() -> Any:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise EdgeError(
        "SELinux is on, but libsemanage, which changes its settings, is not installed. Install the package libsemanage "
        "(on Debian libsemanage2)."
    )


@contextmanager
def _captured_output() -> Iterator[Callable[[], str]]:
    """Captures what C code writes to stdout and stderr meanwhile: the only place where libsemanage gives its reasons,
    and not allowed in a module's output."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    kept = [os.dup(1), os.dup(2)]
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    os.close(writing)

    def text() -> str:
        ctypes.CDLL(None).fflush(None)
        try:
            return os.read(reading, 65536).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    try:
        yield text
    finally:
        ctypes.CDLL(None).fflush(None)
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(reading)
