# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What haproxy_info reads of a file that HAProxy takes, haproxy_config takes and changes nothing."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import encode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import conditional, parse
from unit.plugins.module_utils._haproxy.vocabulary.test_written_back import unchanged

from ..running_haproxy import HAPROXY, needs_haproxy


@needs_haproxy
def test_every_file_that_haproxy_takes(corpus_text, tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_bytes(encode(corpus_text))
    taken = subprocess.run([HAPROXY, "-c", "-f", str(file)], capture_output=True).returncode in (0, 2)
    document = parse(corpus_text)
    if any(conditional(document, section) for section in document.sections):
        with pytest.raises(InputError, match="conditionals"):
            unchanged(corpus_text)
        return
    try:
        unchanged(corpus_text)
    except InputError as refused:
        # What HAProxy refuses too may be no set of options: a name twice, or none.
        assert not taken, refused
