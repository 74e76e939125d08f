# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole resource on a real policy store: what is asked for, again, changed, and taken away."""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux import host
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux import plan as planner
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import Desired, Program
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.resource import Customisations
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Range, Transaction

HAPROXY = "/usr/sbin/haproxy"
THEIRS = Transaction(
    ports={"tcp/9999": "system_u:object_r:http_port_t:s0"}, files={"/srv/theirs": "system_u:object_r:etc_t:s0"}
)


class NoCommands:
    def which(self, name):
        return f"/usr/sbin/{name}"

    def run(self, argv, *, timeout):
        raise AssertionError(argv)


@pytest.fixture
def apply(store, kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(host, "path_type", lambda path: "etc_t" if path.startswith("/etc") else "var_t")
    monkeypatch.setattr(host, "domain_of", lambda program, kernel: "haproxy_t")
    record = tmp_path / "records/selinux.json"

    def apply(desired, check_mode=False):
        return reconcile(Customisations(desired, NoCommands(), kernel, store, str(record)), check_mode=check_mode)

    apply.record = record
    return apply


def desired(**given):
    more = {name: given.pop(name) for name in ("booleans", "permissive") if name in given}
    return Desired((Program(HAPROXY, **given),), **more)


def labels(store):
    return {f"{each.protocol}/{each.low}": each.type for each in store.local_ranges()}


def state(store):
    return labels(store), store.local_booleans(), store.local_files(), store.modules()


STATES = {
    "ports": desired(binds=(7777, 80, 5432), connects=(6443, 5432)),
    "boolean": desired(binds=(7777,), boolean="haproxy_connect_any"),
    "file": desired(reads=("/srv/no-such-directory/a.pem",)),
    "permissive": desired(permissive=("haproxy_t",)),
    "other boolean": desired(booleans={"haproxy_connect_any": True}),
}


@pytest.mark.parametrize("name", STATES)
def test_check_mode_says_it_a_run_does_it_a_second_finds_nothing_and_absent_leaves_nothing(store, apply, name):
    store.commit(THEIRS)
    before = state(store)
    said = apply(STATES[name], check_mode=True)
    assert said.steps and state(store) == before and not apply.record.exists()
    assert apply(STATES[name]).summary == said.summary
    assert state(store) != before
    for check_mode in (True, False):
        assert apply(STATES[name], check_mode).steps == ()
    assert apply(Desired()).steps
    assert state(store) == before
    assert not apply.record.parent.exists()
    assert apply(Desired()).steps == ()


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("second", STATES)
def test_from_any_desired_state_to_any_other_is_as_if_the_first_had_never_been(store, apply, first, second):
    apply(STATES[second])
    alone, record = state(store), apply.record.read_text()
    apply(Desired())
    apply(STATES[first])
    apply(STATES[second])
    assert state(store) == alone
    assert apply.record.read_text() == record


def test_a_port_that_is_nobodys_gets_a_label_and_postgresqls_stays_postgresqls(store, apply):
    plan = apply(STATES["ports"])
    assert labels(store) == {"tcp/6443": "http_port_t", "tcp/7777": "http_port_t"}
    assert plan.impact == "runtime"
    assert plan.summary[-2:] == [
        "let haproxy_t bind TCP ports of type postgresql_port_t",
        "let haproxy_t connect TCP ports of type postgresql_port_t",
    ]


def test_a_port_that_goes_from_the_inventory_is_closed_and_the_others_stay(store, apply):
    apply(STATES["ports"])
    apply(desired(binds=(7777,)))
    assert state(store) == ({"tcp/7777": "http_port_t"}, {}, {}, {"base"})


def test_what_others_did_the_same_way_is_not_ours_to_take_away(store, apply):
    store.commit(
        Transaction(ports={"tcp/7777": "system_u:object_r:http_port_t:s0"}, booleans={"haproxy_connect_any": True})
    )
    before = state(store)
    assert apply(desired(binds=(7777,), booleans={"haproxy_connect_any": True})).steps == ()
    apply(Desired())
    assert state(store) == before


def test_what_others_changed_afterwards_is_theirs(store, apply):
    apply(desired(binds=(7777,), booleans={"haproxy_connect_any": True}))
    store.commit(
        Transaction(
            ports={"tcp/7777": "system_u:object_r:postgresql_port_t:s0"},
            booleans={"haproxy_connect_any": False},
        )
    )
    theirs = state(store)
    apply(Desired())
    assert state(store) == theirs
    assert not apply.record.exists()


def test_labels_that_somebody_had_given_otherwise_come_back(store, apply):
    path, expression = "/srv/no-such-directory/a.pem", planner.file_expression("/srv/no-such-directory/a.pem")
    store.commit(
        Transaction(
            ports={"tcp/7777": "system_u:object_r:unreserved_port_t:s0"},
            files={expression: "system_u:object_r:etc_t:s0"},
        )
    )
    before, wanted = state(store), desired(binds=(7777,), reads=(path,))
    apply(wanted)
    assert (labels(store), store.local_files()) == ({"tcp/7777": "http_port_t"}, {expression: "cert_t"})
    assert apply(wanted).steps == ()
    assert apply(Desired()).summary == [
        "port tcp/7777: label it unreserved_port_t again",
        f"{path}: give it the type etc_t again",
        f"label files as the policy says: {path}",
    ]
    assert state(store) == before
    assert not apply.record.exists()


def test_a_local_range_goes_before_the_policys_own_port(store, kernel):
    class Ranges:
        def local_ranges(self):
            return [Range("tcp", 5400, 5500, "mysqld_port_t")]

        def ports(self):
            return [*self.local_ranges(), Range("tcp", 5432, 5432, "postgresql_port_t")]

    asked = host.Host(kernel, Ranges())
    assert [asked.port_type(port) for port in ("tcp/5432", "udp/5432")] == ["mysqld_port_t", "port_t"]


def test_a_boolean_that_somebody_had_set_otherwise_gets_that_setting_back(store, apply):
    store.commit(Transaction(booleans={"haproxy_connect_any": False}))
    apply(desired(booleans={"haproxy_connect_any": True}))
    assert store.local_booleans() == {"haproxy_connect_any": True}
    apply(Desired())
    assert store.local_booleans() == {"haproxy_connect_any": False}


def test_a_policy_without_the_boolean_is_told_of_and_ports_are_labelled(store, apply, kernel):
    kernel.booleans = frozenset()
    plan = apply(STATES["boolean"])
    assert "no boolean haproxy_connect_any" in plan.warnings[0]
    assert labels(store) == {"tcp/7777": "http_port_t"}


def test_where_no_label_fits_the_port_gets_a_type_of_our_own(store, apply, kernel):
    kernel.allows = {}
    apply(desired(binds=(7777,), connects=(7777,)))
    assert labels(store) == {"tcp/7777": "k8s_edge_port_t"}
    assert apply(desired(binds=(7777,), connects=(7777,))).steps == ()


def test_permissive_warns_of_its_risk_every_time_and_is_refused_for_what_is_no_domain(store, apply):
    for _ in range(2):
        assert "SELinux no longer confines" in apply(STATES["permissive"]).warnings[0]
    assert "permissive_haproxy_t" in store.modules()  # as `semanage permissive` calls it
    with pytest.raises(InputError, match=r"permissive\[0\]: 'haproxy' is not a domain"):
        apply(desired(permissive=("haproxy",)))


def test_a_file_that_no_type_would_open_is_told_of(store, apply, kernel):
    kernel.allows = {}
    plan = apply(STATES["file"])
    assert plan.steps == () and "does not let /usr/sbin/haproxy (haproxy_t) read" in plan.warnings[0]


def test_a_mislabelled_file_gets_its_label_back(store, apply, monkeypatch):
    monkeypatch.setattr(host, "path_type", lambda path: "cert_t")
    label, ran = ["user_tmp_t"], []
    monkeypatch.setattr(host.Host, "labels", lambda self, path: [(path, label[0])])

    def run(self, argv, *, timeout):
        ran.append(argv)
        label[0] = "cert_t"
        return type("Ended", (), {"rc": 0})

    monkeypatch.setattr(NoCommands, "run", run)
    monkeypatch.setattr("os.path.lexists", lambda path: True)
    wanted = desired(reads=("/etc/haproxy/site.pem",))
    assert apply(wanted).summary == ["label files as the policy says: /etc/haproxy/site.pem"]
    assert ran == [["/usr/sbin/restorecon", "-R", "--", "/etc/haproxy/site.pem"]]
    assert apply(wanted).steps == ()


def test_a_file_that_the_policy_calls_otherwise_than_its_directory_is_told_of(store, apply, monkeypatch):
    monkeypatch.setattr(host, "path_type", lambda path: "var_t" if path.endswith("key") else "cert_t")
    monkeypatch.setattr(host.Host, "labels", lambda self, path: [(f"{path}/crt", "cert_t"), (f"{path}/key", "var_t")])
    plan = apply(desired(reads=("/srv/tls",)))
    assert plan.steps == ()
    assert "read /srv/tls/key, which the policy calls var_t" in plan.warnings[0]


def test_a_failure_after_the_commit_undoes_it(store, apply, monkeypatch):
    before = state(store)
    monkeypatch.setattr("os.path.lexists", lambda path: True)
    monkeypatch.setattr(
        NoCommands, "run", lambda self, argv, *, timeout: type("Ended", (), {"rc": 1, "stderr": "no space"})
    )
    with pytest.raises(EdgeError, match="no space"):
        apply(desired(binds=(7777,), reads=("/srv/no-such-directory/a.pem",)))
    assert state(store) == before


def test_without_the_tool_that_labels_files_nothing_is_left_half_done(store, apply, monkeypatch):
    before = state(store)
    monkeypatch.setattr("os.path.lexists", lambda path: True)
    monkeypatch.setattr(NoCommands, "which", lambda self, name: None)
    with pytest.raises(EdgeError, match="policycoreutils"):
        apply(desired(reads=("/srv/no-such-directory/a.pem",)))
    assert state(store) == before


def test_a_record_that_cannot_be_read_is_refused_with_a_remedy(apply):
    apply(STATES["ports"])
    apply.record.write_text(json.dumps({"ports": {}}))
    with pytest.raises(EdgeError, match="semanage export"):
        apply(Desired())


def test_labels_are_read_from_the_file_or_from_all_in_a_directory(tmp_path, store, kernel, monkeypatch):
    monkeypatch.setattr(host, "label", lambda path: None if path.endswith("none") else f"{path[-1]}_t")
    for name in ("a", "b", "none"):
        (tmp_path / name).touch()
    asked = host.Host(kernel, store)
    assert sorted(asked.labels(str(tmp_path))) == [(f"{tmp_path}/a", "a_t"), (f"{tmp_path}/b", "b_t")]
    assert asked.labels(f"{tmp_path}/a") == [(f"{tmp_path}/a", "a_t")]
    assert asked.labels(f"{tmp_path}/none") == []


def test_a_program_that_is_there_runs_by_its_own_label_and_another_by_the_policys(tmp_path, monkeypatch):
    class Choosing:
        def domain_from(self, parent, executable):
            return f"domain of {executable}"

    monkeypatch.setattr(host, "systemd_context", lambda: "system_u:system_r:init_t:s0")
    monkeypatch.setattr(host, "path_type", lambda path: "named_t")
    monkeypatch.setattr(host, "label", {"/there": "written_t"}.get)
    assert host.domain_of("/there", Choosing()) == "domain of written_t"
    assert host.domain_of("/nowhere", Choosing()) == "domain of named_t"


def test_the_record_names_all_that_may_be_ours_while_the_store_changes_and_is_as_before_where_it_refuses(
    store, apply, monkeypatch
):
    apply(desired(binds=(7777,)))
    before, during = apply.record.read_text(), []

    def refuse(change):
        during.append(json.loads(apply.record.read_text())["ports"])
        raise EdgeError("refused")

    monkeypatch.setattr(store, "commit", refuse)
    with pytest.raises(EdgeError, match="refused"):
        apply(desired(binds=(7778,)))
    assert during == [{"tcp/7777": "http_port_t", "tcp/7778": "http_port_t"}]
    assert apply.record.read_text() == before
