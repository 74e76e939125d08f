# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles send is what the schemas of Kubernetes 1.28 and every later version know, with no field too many.

The schemas know nothing of rules between fields, nor of custom kinds; the first are _kubernetes_checks.py's.
"""

from __future__ import annotations

import copy

import kubernetes_validate as schemas
import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.checks import problems

from .kubernetes_sets import SETS

VERSIONS = [
    version
    for version in dict.fromkeys(schemas.utils.all_versions())
    if tuple(int(part) for part in version.split(".")[:2]) >= (1, 28)
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SETS)
def test_no_version_knows_less_than_we_say(name, version):
    for each in SETS[name]:
        schemas.utils.validate(each, version, strict=True)


@pytest.mark.parametrize("name", SETS)
def test_nothing_that_schemas_do_not_see_is_wrong(name):
    assert list(problems(SETS[name])) == []


def test_the_schemas_would_see_a_misspelt_field():
    assert VERSIONS[0].startswith("1.28") and len(VERSIONS) >= 9
    wrong = copy.deepcopy(SETS["kube-vip"][-1])
    wrong["spec"]["template"]["spec"]["hostNetwerk"] = True
    with pytest.raises(schemas.utils.ValidationError, match="hostNetwerk"):
        schemas.utils.validate(wrong, VERSIONS[-1], strict=True)
