"""What the roles would write on each family of systems, rendered by Ansible and written by the modules themselves.

Hosts of the EL family are not at hand: this is their proof. Debian's are rendered beside them and run in the lab.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
FAMILIES = ("Debian", "RedHat")
PLAYBOOK = """
- hosts: edges
  gather_facts: false
  vars_files: [{checkout}/roles/{role}/defaults/main.yml, {checkout}/roles/{role}/vars/main.yml]
  tasks:
    - ansible.builtin.set_fact:
        os_family: "{{{{ known.os_family }}}}"
        interfaces: "{{{{ known.interfaces }}}}"
        eth0: "{{{{ known.eth0 }}}}"
        cacheable: true
    - ansible.builtin.copy:
        content: "{{{{ dict(arguments | zip(values)) | to_json }}}}"
        dest: "{directory}/{role}-{{{{ inventory_hostname }}}}.json"
        mode: "0644"
      vars:
        arguments: {arguments}
        values: {values}
"""
#: The arguments of each role's one call that depend on the platform or the inventory, as the role writes them.
CALLS = {
    "haproxy": ("load.yml", "k8s_edge.ha.haproxy_config", ("global", "defaults", "frontends", "backends")),
    "keepalived": (
        "configure.yml",
        "k8s_edge.ha.keepalived_config",
        ("global_defs", "scripts", "track_processes", "instances"),
    ),
}

#: Variables of a role that no module takes, and what the host said before.
BESIDE = {"haproxy": ("__haproxy_distrusted",), "keepalived": ("__keepalived_preferred",)}
CHECKED = [
    {"pxname": "other", "svname": "a", "check_status": "L6RSP", "addr": "10.77.0.31:443"},
    {"pxname": "kubeapi", "svname": "kube-1", "check_status": "L4CON", "addr": "10.77.0.21:6443"},
    {"pxname": "kubeapi", "svname": "kube-2", "check_status": "* L6RSP", "addr": "10.77.0.22:6443"},
    {"pxname": "kubeapi", "svname": "BACKEND"},
]
LIVE = [
    {"address": address, "interface": interface, "secondary": False, "deprecated": deprecated}
    for address, interface, deprecated in (
        ("fd00:77::100/64", "eth0", False),
        ("fd00:77::100/64", "eth1", True),
        ("fd00:77::100/64", "lo", False),
        ("fd00:77::11/64", "eth0", False),
        ("10.77.0.100/24", "eth0", False),
    )
]


def facts(family, number):
    address = {"address": f"10.77.0.1{number}", "prefix": "24"}
    return {
        "os_family": family,
        "interfaces": ["lo", "eth0"],
        "eth0": {
            "device": "eth0",
            "ipv4": address,
            "ipv6": [{"address": f"fd00:77::1{number}", "prefix": "64"}],
        },
    }


def call_of(role):
    """The arguments as the role's task has them: expressions, not yet rendered."""
    file, module, wanted = CALLS[role]
    tasks = yaml.safe_load((CHECKOUT / "roles" / role / "tasks" / file).read_text())
    # Where there are two, the first one purges nothing yet.
    *_first, task = (t for each in tasks for t in each.get("block", [each]) if module in t)
    call = {name: task[module][name] for name in wanted}
    return {**call, **{name: "{{ " + name + " }}" for name in BESIDE.get(role, ())}}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """(role, family) -> the arguments of the role's one module call on the first host of a pair."""
    directory = tmp_path_factory.mktemp("render")
    new = ["openssl", *"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kubernetes".split()]
    subprocess.run([*new, "-keyout", "key", "-out", "ca.crt"], cwd=directory, check=True, capture_output=True)
    vip = {"addresses": ["10.77.0.100/24", "fd00:77::100/64"], "port": 6443, "leads_to": "kube"}
    groups = {
        family: {
            "hosts": {f"{family}-{n}": {"ansible_host": f"10.77.0.1{n}", "known": facts(family, n)} for n in (1, 2)}
        }
        for family in FAMILIES
    }
    for family, group in groups.items():
        group["vars"] = {"k8s_edge_vips": [{**vip, "name": "kubeapi", "hosts": family}]}
        group["vars"]["__keepalived_found"] = {"active": False, "instances": [], "configuration": {}}
        group["vars"]["__keepalived_live"] = {"addresses": LIVE}
        group["vars"]["__haproxy_live"] = {"runtime": {"stat": CHECKED}}
    kube = {"kube": {"hosts": {f"kube-{n}": {"ansible_host": f"10.77.0.2{n}"} for n in (1, 2, 3)}}}
    inventory = {"all": {"children": {"edges": {"children": groups}, **kube}}}
    inventory["all"]["vars"] = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "k8s_edge_kube_ca_file": str(directory / "ca.crt"),
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump(inventory))
    plays = ""
    for role in CALLS:
        call = call_of(role)
        values = json.dumps(list(call.values()))
        plays += PLAYBOOK.format(
            checkout=CHECKOUT, role=role, directory=directory, arguments=json.dumps(list(call)), values=values
        )
    (directory / "play.yml").write_text(plays)
    import ansible_collections.k8s_edge.ha as collection

    root = Path(next(iter(collection.__path__))).parents[2]
    ended = subprocess.run(
        [sys.executable, "-m", "ansible.cli.playbook", "-i", directory / "hosts.yml", directory / "play.yml"],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(root),
            "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(directory / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return {
        (role, family): json.loads((directory / f"{role}-{family}-1.json").read_text())
        for role in CALLS
        for family in FAMILIES
    }


@pytest.fixture
def written(rendered, run_module_process, tmp_path):
    """The file that the role's module makes of it."""

    def write(role, family):
        path = tmp_path / f"{role}.cfg"
        given = {name: value for name, value in rendered[role, family].items() if name not in BESIDE.get(role, ())}
        ended = run_module_process(f"{role}_config", {"path": str(path), "validate": False, **given})
        assert ended.rc == 0, ended.result
        return path

    return write


@pytest.mark.parametrize(
    ("family", "lines"),
    [
        ("Debian", ["log /dev/log local0", "stats socket /run/haproxy/admin.sock mode 660 level admin"]),
        ("RedHat", ["log 127.0.0.1 local2", "stats socket /var/lib/haproxy/stats mode 660 level admin"]),
    ],
)
def test_haproxys_file_on_each_family(written, family, lines):
    text = written("haproxy", family).read_text()
    common = ["bind 10.77.0.100:6443", "bind [fd00:77::100]:6443", "option httpchk GET /readyz", "balance leastconn"]
    common += ["hard-stop-after 1h", "maxconn 4100"]  # 4000 of the VIP, 100 of the health page
    for line in [*lines, *common, "server kube-3 10.77.0.23:6443"]:
        assert f"    {line}\n" in text


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed")
def test_haproxy_takes_its_file(written, family):
    path = written("haproxy", family)
    # The CA is brought to the host beside the configuration; here nothing is asked over TLS.
    text = path.read_text().replace(" verify required ca-file", " verify none #")
    path.write_text(text)
    ended = subprocess.run(["haproxy", "-c", "-f", path], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("family", "directory"), [("Debian", "/etc/keepalived"), ("RedHat", "/usr/libexec/keepalived")]
)
def test_keepaliveds_file_on_each_family(written, family, directory):
    text = written("keepalived", family).read_text()
    for line in (
        f"router_id {family}-1",
        "enable_script_security",
        "script_user keepalived_script",
        f'script "{directory}/check-haproxy 8404"',
        "state BACKUP",
        "process haproxy",
        "terminate_delay 1",
        "virtual_router_id 100",
        "version 3",
    ):
        assert f"    {line}\n" in text
    assert "fd00:77::12\n" in text


def test_the_check_asks_haproxys_own_health_page(rendered):
    health = next(f for f in rendered["haproxy", "RedHat"]["frontends"] if f["name"] == "k8s_edge_health")
    (script,) = rendered["keepalived", "RedHat"]["scripts"]
    assert script["script"].endswith(f" {health['bind'][0]['port']}")
    assert f":-{health['monitor_uri']}}}" in (CHECKOUT / "roles/keepalived/files/check-haproxy").read_text()


def test_a_held_ipv6_vip_that_is_a_source_is_the_one_to_be_changed(rendered):
    assert rendered["keepalived", "Debian"]["__keepalived_preferred"] == LIVE[:1]


def test_a_server_that_fails_in_tls_is_the_one_to_be_asked_for_its_certificate(rendered):
    assert rendered["haproxy", "Debian"]["__haproxy_distrusted"] == "10.77.0.22:6443"
