# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived_info returns, keepalived_config takes and changes nothing: on the corpus and on generated files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import info
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import mask_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

FILES = sorted((Path(__file__).resolve().parents[5] / "corpus" / "keepalived").glob("*.conf"))
SAMPLES = sorted(Path("/usr/share/doc/keepalived/samples").glob("keepalived.conf*"))
#: What keepalived itself takes for an error, and cannot be written back.
NO_LONGER_ONE = {
    "duplicate_instance": "the same instance twice",
    "sequences": "a parameter that keepalived does not put in either",
    "closed_too_often": "braces",
    "not_closed": "braces",
}


def given_back(path: Path, purge: bool) -> dict[str, Any]:
    """The parameters of keepalived_config that what keepalived_info returns of a file amounts to."""
    values = info.shown(info.configuration(read_configuration(str(path)).document))
    values.pop("other", None)
    checked = ArgumentSpecValidator(ARGUMENTS).validate({**values, "path": str(path), "purge": purge})
    assert not checked.error_messages
    assert not list(mask_problems(checked.validated_parameters))
    return dict(checked.validated_parameters, validate=False)


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("path", [*FILES, *SAMPLES], ids=lambda path: path.name)
def test_what_is_read_of_a_file_changes_nothing(path: Path, purge: bool, tmp_path: Path) -> None:
    copy = tmp_path / "keepalived.conf"
    copy.write_bytes(path.read_bytes())
    params = given_back(copy, purge)
    try:
        result = configure(params, System(), True, lambda text: plan_config(text, params))
    except EdgeError:
        assert path.stem in NO_LONGER_ONE
        return
    assert result["changed"] is False, result["steps"]


#: Lines as people write them, by block; some that we would write otherwise, or not at all.
LINES = {
    "global_defs": [
        "router_id LVS_1",
        'router_id "my router"',
        'notification_email {\n a@example.org "Me <b@example.org>"\n c@example.org\n}',
        "smtp_server 127.0.0.1",
        "smtp_alert",
        "smtp_alert off",
        "enable_script_security",
        "script_user nobody nogroup",
        "vrrp_garp_interval 0",
        "vrrp_garp_master_refresh 060",
        "lvs_sync_daemon eth0 VI_1",
        "lvs_sync_daemon eth0 inst VI_1 id 3",
        "vrrp_mcast_group4 224.0.0.19",
        "checker_log_all_failures true",
        "vrrp_strict",
        "unheard_of 3",
        "notify_fifo /run/f a b",
    ],
    "vrrp_script s%d": [
        'script "killall -0 haproxy"',
        "script '/bin/sh -c \"exit 0\"' root",
        'script "/bin/sh -c \\"exit 0\\""',
        "script /usr/bin/true # c",
        "interval 2",
        "interval 1.5",
        "weight -2",
        "weight 254",
        "weight 2 reverse",
        "rise 2",
        "user nobody",
    ],
    "vrrp_instance i%d": [
        "state MASTER",
        'state "BACKUP"',
        "state MASTR",
        "interface eth0",
        "virtual_router_id 51",
        "virtual_router_id 051",
        "priority 100",
        "priority 300",
        "priority 90\n priority 91",
        "advert_int 1.0",
        "advert_int .5",
        "nopreempt",
        "preempt",
        "preempt_delay 300",
        "authentication {\n auth_type PASS\n auth_pass a#b\n}",
        'authentication {\n auth_type AH\n auth_pass "x y"\n}',
        "authentication { }",
        "auth_hmac {\n key 1 00112233445566778899aabbccddeeff\n}",
        "virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2/24 dev eth0 label eth0:1\n 10.0.0.2/24 dev eth0 label eth0:1\n}",
        "virtual_ipaddress {\n fd00::0:1/64 strange\n}",
        "virtual_ipaddress_excluded {\n 10.0.1.1/32 dev eth0 scope link brd +\n}",
        "virtual_ipaddress { 10.0.0.9 }",
        "virtual_routes {\n default via 10.0.0.254 dev eth0\n blackhole 10.1.0.0/16\n}",
        "track_interface {\n eth0\n eth1 weight 10\n eth2 weight -10 reverse\n}",
        "track_script {\n s1\n s2 weight 300\n}",
        "unicast_src_ip 10.0.0.3",
        "unicast_peer {\n 10.0.0.4\n 10.0.0.5 min_ttl 3\n}",
        "use_vmac",
        "use_vmac vrrp.51",
        "vmac_xmit_base",
        "notify /etc/keepalived/notify.sh",
        'notify_master "/etc/keepalived/n.sh master" root root',
        "notify_backup 'n.sh \"b c\"'",
        "smtp_alert yes",
        "garp_master_delay 1",
        "mcast_src_ip 10.0.0.300",
        "version 3",
        "accept",
    ],
    "vrrp_sync_group g%d": ["group {\n i1\n i2\n}", "group { i1 i2 }", "notify_master /bin/x", "smtp_alert"],
    "vrrp_track_process p%d": [
        'process "a b" c',
        "process haproxy",
        "process 'x y'",
        "weight 4",
        "quorum 2",
        "delay 0.5",
    ],
    "virtual_server 10.0.%d.1 80": [
        "delay_loop 6",
        "lb_algo rr",
        "lvs_sched wlc",
        "lb_algo round",
        "lb_kind DR",
        "lvs_method TUN type gre nocsum",
        "protocol tcp",
        "protocol UDP",
        "persistence_timeout 50",
        "persistence_timeout 0",
        "persistence_granularity 255.0.255.0",
        "ha_suspend",
        "quorum_up \"/bin/x 'a b'\"",
        "sorry_server 10.0.9.9 http",
        "sorry_server 10.0.9.9 80",
        "real_server 10.0.2.1 80 {\n weight 1\n inhibit_on_failure\n TCP_CHECK {\n connect_timeout 3\n }\n}",
        "real_server 10.0.2.2 http {\n}",
        "real_server 10.0.2.3 {\n weight 3\n weight 4\n}",
        "real_server 10.0.2.4 80 {\n HTTP_GET {\n url {\n path /a?b=c\n}\n url {\n path /\n}\n}\n}",
        "real_server 10.0.2.5 80 {\n MISC_CHECK {\n misc_path \"/bin/c -x 'a b'\"\n misc_dynamic\n}\n}",
        "real_server 10.0.2.6 80 {\n SSL_GET {\n url {\n path /\n digest 640205b7b0fc66c1ea91c463fac6334c\n}\n}\n}",
        "alpha",
        "nat_mask 255.255.255.0",
    ],
    "virtual_server lb.example.org 80": ["lb_algo rr"],
    "virtual_server 192.0.2.%d http": ["lb_algo rr"],
    "virtual_server fwmark %d": ["protocol TCP", "lb_kind NAT", "real_server 10.0.3.1 0 {\n weight 0\n}"],
    "static_ipaddress": ["10.1.1.1/24 dev eth0", "10.1.1.2 dev eth0 scope global"],
    "unheard_of_block x": ["what ever", "more {\n y\n}"],
}
COMMENTS = ["", "", " # a remark", "   ! and one", "\t#!{"]


def generated(seed: int) -> str:
    """A file of random blocks with random lines, spelled in random ways."""
    dice = random.Random(seed)
    blocks = []
    for number in range(1, dice.randint(4, 9)):
        header = dice.choice(list(LINES))
        lines = dice.sample(LINES[header], dice.randint(1, min(9, len(LINES[header]))))
        indent, comment = dice.choice(["    ", "\t", "", "  "]), dice.choice(COMMENTS)
        body = "\n".join(indent + line for text in lines for line in text.split("\n"))
        opened = dice.choice([" {\n", "{\n", "\n{\n", f" {{{comment}\n"])
        name = header % number if "%d" in header else header
        blocks.append(f"{name}{opened}{body}{comment}\n}}\n")
    return dice.choice(["", "! Configuration File\n\n"]) + dice.choice(["", "\n"]).join(blocks)


@pytest.mark.parametrize("seeds", range(0, 600, 50))
def test_what_is_read_of_a_generated_file_changes_nothing(seeds: int, tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    for seed in range(seeds, seeds + 50):
        path.write_text(generated(seed))
        text = decode(path.read_bytes())
        params = given_back(path, purge=bool(seed % 2))
        planned = plan_config(text, params)
        assert planned.text == text, (seed, planned.summaries, text)


def test_a_block_of_secrets_alone_is_not_given_back_as_none(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    key = "00112233445566778899aabbccddeeff"
    path.write_text(f"vrrp_instance A {{\n interface lo\n auth_hmac {{\n  key 1 {key}\n }}\n}}\n")
    params = given_back(path, purge=True)
    assert params["instances"][0]["auth_hmac"] is None
    assert key in plan_config(path.read_text(), params).text


def test_what_is_given_back_with_one_change_changes_that_alone(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    text = (
        "vrrp_script s {\n script 'killall -0 haproxy'\n}\nvrrp_instance Zürich {\n interface lo\n priority 7\n"
        " virtual_router_id 3\n virtual_ipaddress {\n 10.0.0.1/24\n }\n track_script {\n s\n }\n}\n"
    )
    path.write_text(text)
    params = given_back(path, purge=True)
    params["instances"][0]["priority"] = 8
    assert plan_config(text, params).text == text.replace("priority 7", "priority 8")
    params["scripts"][0]["script"] = "killall -1 haproxy"
    with pytest.raises(EdgeError, match=r"scripts.0..script: .*absolute path"):
        plan_config(text, params)


@pytest.mark.parametrize("word", ["http", "x y z", "-1", "99999", "1.5", "0x50", "", '""', "group"])
@pytest.mark.parametrize("place", ["virtual_server 192.0.2.1 %s", "virtual_server %s", "real", "sorry"])
def test_what_follows_a_keyword_may_be_anything(word: str, place: str) -> None:
    header = place % word if "%" in place else "virtual_server 192.0.2.1 80"
    real, sorry = (word if place == one else "80" for one in ("real", "sorry"))
    text = f"{header} {{\n real_server 192.0.2.2 {real} {{\n }}\n sorry_server 192.0.2.3 {sorry}\n}}\n"
    new = {"interface": "v0", "virtual_router_id": 4, "virtual_ipaddress": [{"address": "10.0.0.1/32"}]}
    edited = plan_config(text, {"instances": [{"name": "A", **new}]})
    assert text in edited.text
    assert plan_config(edited.text, {"instances": [{"name": "A", "priority": 3}]}).text.count("priority") == 1


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("eth0 VI_1", {"interface": "eth0", "inst": "VI_1"}),
        ("eth0 VI_1 7", {"interface": "eth0", "inst": "VI_1", "id": 7}),
        ("eth0 VI_1 id 7", {"interface": "eth0", "inst": "VI_1", "id": 7}),
        ("eth0 inst VI_1 id 7 ttl 2", {"interface": "eth0", "inst": "VI_1", "id": 7, "ttl": 2}),
    ],
)
def test_a_sync_daemon_as_older_versions_wrote_it(line: str, read: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(
        f"global_defs {{\n    lvs_sync_daemon {line}\n}}\n"
        "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 5\n}\n"
    )
    assert info.shown(info.configuration(read_configuration(str(path)).document))["global_defs"] == {
        "lvs_sync_daemon": read
    }
    params = given_back(path, False)
    assert configure(params, System(), True, lambda text: plan_config(text, params))["changed"] is False
    # What follows an instance that goes is named.
    gone = {**params, "instances": [], "purge": True}
    with pytest.raises(EdgeError, match=r"lvs_sync_daemon\.inst"):
        configure(gone, System(), True, lambda text: plan_config(text, gone))
