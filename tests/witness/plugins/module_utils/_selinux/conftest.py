# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy store of the test's own, kept by the real libsemanage, and a kernel that enforces what the store says."""

from __future__ import annotations

import ctypes
import re
import shutil
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import Kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Store, Transaction

#: The tools that libsemanage calls after a commit have nothing to do here.
CONFIG = "module-store = direct\nexpand-check = 0\nbzip-blocksize = 0\n" + "".join(
    f"[{tool}]\npath = /bin/true\nargs = $@\n[end]\n" for tool in ("sefcontext_compile", "setfiles", "load_policy")
)


@pytest.fixture(scope="session")
def store_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """libsemanage takes note of its root once in the life of a process."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def store(store_root: Path) -> Store:
    """A fresh store with the policy of base.cil."""
    for directory in ("etc", "var"):
        shutil.rmtree(store_root / directory, ignore_errors=True)
    for directory in ("etc/selinux/targeted", "var/lib/selinux"):
        (store_root / directory).mkdir(parents=True)
    (store_root / "etc/selinux/semanage.conf").write_text(CONFIG)
    try:
        store = Store(str(store_root))
    except EdgeError:
        pytest.skip("needs libsemanage (on Debian libsemanage2)")
    library = store._library
    handle = ctypes.c_void_p(store._call("semanage_handle_create"))
    library.semanage_set_create_store(handle, 1)
    assert library.semanage_connect(handle) == 0
    library.semanage_disconnect(handle)
    library.semanage_handle_destroy(handle)
    store.commit(Transaction(modules={"base": (Path(__file__).parent / "base.cil").read_text()}))
    return store


class StoreKernel(Kernel):
    """Enforces the store's policy: what base.cil allows haproxy_t, our rules, and booleans as they are set."""

    enabled = True
    enforcing = True
    booleans = frozenset({"haproxy_connect_any", "other"})
    domains = frozenset({"haproxy_t", "kernel_t"})
    _level = ":s0"

    def __init__(self, store: Store, root: Path) -> None:
        super().__init__("/nowhere")
        self.allows = {
            ("haproxy_t", "http_port_t", "tcp_socket"): {"name_bind", "name_connect"},
            ("haproxy_t", "cert_t", "file"): {"open", "read", "getattr"},
        }
        self.store = store
        self.modules = root / "var/lib/selinux/targeted/active/modules"

    def boolean(self, name: str) -> bool | None:
        return self.store.local_booleans().get(name, False) if name in self.booleans else None

    def is_domain(self, kind: str) -> bool:
        return kind in self.domains

    def allowed(self, domain: str, target: str, target_class: str) -> frozenset[str]:
        found = set(self.allows.get((domain, target, target_class), ()))
        if target_class == "tcp_socket" and self.boolean("haproxy_connect_any"):
            found |= {"name_bind", "name_connect"}
        for text in self.modules.glob("*/k8s_edge/cil"):
            rule = rf"\(allow {domain} {target} \({target_class} \((\w+)\)\)\)"
            found |= set(re.findall(rule, text.read_text()))
        return frozenset(found)

    def domain_from(self, parent: str, executable: str) -> str:
        return "haproxy_t"


@pytest.fixture
def kernel(store: Store, store_root: Path) -> StoreKernel:
    return StoreKernel(store, store_root)
