# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that every HAProxy test is run on."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode

CORPUS = sorted((Path(__file__).resolve().parents[4] / "corpus" / "haproxy").glob("*.cfg"))
DISTRIBUTED = sorted(Path("/usr/share/doc/haproxy/examples").glob("*.cfg"))


def pytest_generate_tests(metafunc):
    if "corpus_text" in metafunc.fixturenames:
        files = CORPUS + DISTRIBUTED
        metafunc.parametrize(
            "corpus_text", [decode(file.read_bytes()) for file in files], ids=[file.stem for file in files]
        )


@pytest.fixture(scope="session")
def corpus_size():
    return len(CORPUS)
