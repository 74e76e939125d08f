# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task without ``become`` is told so, in place of an errno and a path below /proc, or of an untrue answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UTILS = "ansible_collections.k8s_edge.ha.plugins.module_utils"
#: Root without root's capabilities, which may look into other processes as little as anybody else.
POWERLESS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]
#: What modules ask the host, of a process (number 1) that is none of theirs.
QUESTIONS = {
    "which file keepalived reads": f"from {UTILS}._keepalived.host.live import config_of; config_of(1)",
    "whether HAProxy was started with a file": (
        f"from {UTILS}._haproxy.host import processes; "
        "processes.words_of = lambda *of: ['haproxy', '-f', 'haproxy.cfg']; "
        "processes.reads('/proc', 1, '/etc/haproxy/haproxy.cfg')"
    ),
    "a file": f"from {UTILS}._files.config_file import ConfigFile; ConfigFile('{{secret}}').read()",
    "HAProxy's socket by its file": (
        f"from {UTILS}._haproxy.process.socket import socket_address; socket_address('{{secret}}')"
    ),
    "HAProxy over a socket": (
        f"from {UTILS}._haproxy.process.runtime import Runtime; Runtime('{{socket}}').ask(['show info'])"
    ),
    "the kernel": (
        f"from {UTILS}._kernel.resource import _refused, Set, os_reason; import errno, os; "
        "raise _refused(Set('net/ipv4/x', '1'), os_reason(OSError(errno.EACCES, os.strerror(errno.EACCES))))"
    ),
}
CODE = """
import sys
from ansible.module_utils import basic
from {utils}._run_module import run_module
def action(params, ports, check):
    {question}
    return {{"changed": False}}
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = b'{{"ANSIBLE_MODULE_ARGS": {{}}}}', "legacy"
run_module({{}}, action)
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root's rights, to give them away")
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.replace(" ", "_"))
def test_it_is_said_that_root_is_needed(question: str, tmp_path: Path, collection_root: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("")
    secret.chmod(0)
    os.chown(secret, 65534, 65534)
    text = QUESTIONS[question].format(secret=secret, socket=secret)
    code = CODE.format(utils=UTILS, question=text)
    search = os.pathsep.join([str(collection_root), *filter(None, [os.environ.get("PYTHONPATH")])])
    argv = [*POWERLESS, sys.executable, "-c", code]
    ended = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": search}, timeout=60)
    assert ended.returncode == 1, ended.stderr
    said = json.loads(ended.stdout)["msg"]
    assert "This needs root: set become: true" in said
    assert "Errno" not in said
