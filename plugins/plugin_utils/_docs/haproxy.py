# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation text of each option of the HAProxy modules.

A key is the end of an option's path, and the longest matching key applies. So an option that has one meaning on a
server and another in ``global`` has two texts, and every other option has one. A text without an option and an option
without a text are errors (docs/keywords.md)."""

from __future__ import annotations

from typing import Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import OLDEST
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import BIND, SERVER
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import TABLES

Words = Union[str, list[str]]

_FILE: dict[str, Words] = {
    "path": "The configuration file. Symbolic links are followed. It is created if it does not exist.",
    "backup": [
        "Keep the previous file beside the new one, under its name with C(.k8s_edge.) and a time stamp (UTC).",
        "The newest ten are kept. Backups under other names are never removed.",
    ],
    "validate": [
        "Let the installed HAProxy check the new file (C(haproxy -c)) before it replaces the old one. A file that"
        " HAProxy refuses is not written. Its warnings are passed on, but a new warning that something is ignored"
        " is an error.",
        "The check runs on this host: names are resolved, certificates and CA files are loaded. It binds nothing,"
        " so it does not notice a port that is in use or an address that is not local.",
        "What HAProxy refused or warned about before the change is only passed on as a warning. So a change can be"
        " taken back even if HAProxy refuses the former file, such as one whose last line has no line feed.",
        "The file is read as the service reads it: in master-worker mode, between the other files and directories of"
        " its command line, with its environment. The command line is that of the running master with this file, or"
        " else of the unit C(haproxy.service). A file that neither uses is read alone.",
        "In check mode on a host without HAProxy, the missing check is a warning.",
    ],
    "runtime": [
        "What happens to the running HAProxy that serves this file.",
        "V(auto) compares it with the file and updates it with the least force. Commands on its socket set server"
        " weights, addresses, limits and states, and add and delete servers. For other changes the module reloads"
        " HAProxy and waits for that. If the new worker does not start, the module restores the previous file and"
        " fails. If HAProxy is not running or does not answer, only the file is changed, and a warning says why.",
        "V(require) refuses a change that needs a reload, before anything is changed, and fails if HAProxy"
        " does not answer.",
        "V(never) changes the file only.",
        "For proxies whose servers the task lists, it also reverts runtime changes made by others, so that each"
        " server is as in the file, as after a reload. A server that was drained or put into maintenance by hand"
        " becomes ready again. To keep it out, declare C(disabled) or weight 0. Decisions of health checks, agents"
        " and DNS are left alone.",
    ],
    "socket": [
        "The running HAProxy's socket: a path, C(host:port), or the socket of its master (C(haproxy -S)). Changes need"
        " one of level admin.",
        "By default the first C(stats socket) of level admin in the previous file, or else the socket of the"
        " master that runs with this file.",
    ],
}

_MODULES: dict[str, Words] = {
    "name": "Name of the section: letters, digits, and the characters C(_), C(.), C(:), C(-).",
    "state": "Whether the backend exists. V(absent) removes its section, with the comments indented in it.",
    "exact": [
        "Whether the section holds only what is given here. Other lines are removed, whoever wrote them, and so"
        " are other words on the lines of servers, listeners and C(default-server). Lists that are not given are"
        " empty. Comments stay.",
        "So the same task always makes the same section. By default what is not given stays.",
    ],
    "from": "Name of the C(defaults) section from which this one takes its settings.",
    "directives": [
        "Further lines of the section, in HAProxy's own syntax and in order; each one line.",
        "The list is authoritative and ordered for every line that no other option covers: lines not in it are"
        " removed. V([]) removes all of them; leave the option out to leave them alone.",
        "A line that the file already has is accepted as it is. C(<kept-secret>), as M(k8s_edge.ha.haproxy_info)"
        " returns it, stands for the secret at that place of an otherwise equal line in the file.",
        "A line that an option of its own covers, such as C(timeout server 1h), is taken as that option."
        " C(option), C(log) and C(stats socket) lines given here are added, and others are left alone; only the"
        " options of those names remove lines. C(http-check) and C(tcp-check) rules given here replace all rules of"
        " their kind.",
    ],
    "global": "The C(global) section. Options that are not given are left alone.",
    "defaults": [
        "C(defaults) sections. One without O(defaults[].name) is the file's unnamed one.",
        "A new one is put before the first existing one, so that no proxy inherits from it by accident, unless it"
        " is the only one.",
    ],
    "defaults.name": "Name of the section. By default the unnamed section.",
    "frontends": "C(frontend) sections.",
    "listens": "C(listen) sections: a frontend and a backend in one.",
    "backends": "C(backend) sections, with the options of M(k8s_edge.ha.haproxy_backend).",
    "sections": "Sections of any other kind, such as C(resolvers), C(peers), C(userlist), C(cache), C(ring).",
    "sections.type": [
        "The keyword of the section. Those of HAProxy up to 3.4 are known. One of a newer HAProxy is accepted if"
        " the file already has that section.",
    ],
    "sections.name": "Name of the section.",
    "sections.directives": "All lines of the section, in HAProxy's own syntax and in order.",
    "purge": [
        "Remove sections that are not listed, of the kinds whose list is given. If O(backends) is given and"
        " O(listens) is not, backends that are not in O(backends) are removed and C(listen) sections stay.",
        "O(sections) is the list of all kinds without a list of their own.",
    ],
    "servers": [
        "The servers, by name. The list is authoritative: servers that are not in it are removed.",
        "Of an existing server, only what is given is changed; other keywords on its line stay. Existing servers"
        " keep their order; a new one is put after the server before it in the list.",
        "A keyword without a value is V(true) or V(false). V(false) removes it from the line, or writes its"
        " opposite (C(no-check)) if a C(default-server) line has it.",
    ],
    "default_server": [
        "Defaults for all servers of the section. Keywords that are not given are left alone.",
    ],
    "servers.name": "Name of the server, its key in the list.",
    "servers.address": "IPv4 or IPv6 address without brackets, host name, or the path of a Unix socket. Required for"
    " a new server.",
    "servers.port": [
        "Port of the service. By default HAProxy connects a new server to the port that the client used.",
        "With a sign, such as V(+1000), it is added to the port that the client used.",
    ],
    "bind": "The addresses to listen on. The list is authoritative: C(bind) lines that are not in it are removed."
    " On an existing line, only what is given is changed.",
    "bind.address": "Address to listen on, without brackets; V(*), the default, is every IPv4 address, V(::) every"
    " IPv6 address. The path of a Unix socket takes no C(port).",
    "bind.port": "Port to listen on, or a range of them such as V(8000-8010).",
}

_SECTIONS: dict[str, Words] = {
    "description": "A text shown on the statistics page.",
    "id": "A fixed number instead of an assigned one.",
    "disabled": "Do not start this proxy.",
    "mode": "V(tcp) forwards connections, V(http) reads requests, V(log) spreads log lines, V(spop) is for agents.",
    "log": "Where to log to, a line each: V(global), or an address, facility and level.",
    "log_tag": "The program name in log lines.",
    "log_format": "Format of the log lines, in HAProxy's syntax and quoting.",
    "error_log_format": "Format of the log lines about failed connections.",
    "maxconn": "Most connections at the same time; further ones wait.",
    "backlog": "Most connections that wait to be accepted.",
    "options": "C(option) lines, each without that word, such as V(tcplog), V(httpchk GET /readyz) or V(no httpclose)."
    " The list is authoritative for all C(option) lines of the section.",
    "timeouts": "Timeouts, each a number with a unit (C(us), C(ms), C(s), C(m), C(h), C(d)); a bare number is in"
    " milliseconds.",
    "timeouts.connect": "For a connection to a server to be made.",
    "timeouts.client": "For a silent client.",
    "timeouts.client_fin": "For a silent client whose connection is half closed.",
    "timeouts.server": "For a silent server.",
    "timeouts.server_fin": "For a silent server whose connection is half closed.",
    "timeouts.tunnel": "For a tunnel in which both sides are silent; replaces client and server timeout there.",
    "timeouts.check": "For a health check once it is connected.",
    "timeouts.queue": "For a request that waits for a server.",
    "timeouts.http_request": "For a complete HTTP request to arrive.",
    "timeouts.http_keep_alive": "For the next HTTP request to begin.",
    "timeouts.tarpit": "How long a tarpitted request is held.",
    "clitcpka_cnt": "Unanswered TCP keep-alive probes after which a client counts as dead.",
    "clitcpka_idle": "Idle time before TCP keep-alive probes to a client begin.",
    "clitcpka_intvl": "Time between two TCP keep-alive probes to a client.",
    "srvtcpka_cnt": "Unanswered TCP keep-alive probes after which a server's connection counts as dead.",
    "srvtcpka_idle": "Idle time before TCP keep-alive probes to a server begin.",
    "srvtcpka_intvl": "Time between two TCP keep-alive probes to a server.",
    "monitor_uri": "Path that HAProxy itself answers, for health checks of HAProxy.",
    "default_backend": "The backend for everything that no C(use_backend) rule matches. It must be in the file or"
    " in the same task.",
    "balance": "How servers are chosen: V(roundrobin), V(static-rr), V(leastconn), V(first), V(source), V(hash <expr>),"
    " V(uri), V(url_param <name>), V(hdr(<name>\\)), V(random), V(rdp-cookie).",
    "hash_type": "How a hash is mapped to servers: V(map-based) or V(consistent), then function and modifier.",
    "hash_balance_factor": "With a consistent hash, the most load a server gets, in percent of the average. 0 is off.",
    "fullconn": "Connections on the backend at which its servers reach their C(maxconn).",
    "retries": "How often a failed connection to a server is tried again.",
    "retry_on": "When a request is retried, one or several words.",
    "http_reuse": "When idle connections to servers are used again.",
    "max_keep_alive_queue": "Queue length above which keep-alive binds no client to a server; V(-1) is no limit.",
    "cookie": "Cookie that binds a client to a server, such as V(SRV insert indirect nocache).",
    "stick_table": "The stick table of this proxy, such as V(type ip size 1m expire 30m).",
    "source": "Address to connect from, such as V(10.0.0.1) or V(0.0.0.0 usesrc clientip).",
    "load_server_state_from_file": "Where to read the state of the servers before a reload.",
    "http_check": "C(http-check) rules, each without that word, in order. The list is authoritative.",
    "tcp_check": "C(tcp-check) rules, each without that word, in order. The list is authoritative.",
}

_GLOBAL: dict[str, Words] = {
    "global.log_send_hostname": "Host name to send with log lines.",
    "global.chroot": "Directory to which the process confines itself. It must exist.",
    "global.stats_socket": "Sockets of the runtime API, each with its settings, such as V(/run/haproxy/admin.sock mode"
    " 660 level admin). The list is authoritative.",
    "global.stats_timeout": "For a silent client of the runtime API.",
    "global.stats_maxconn": "Most connections to the runtime API.",
    "global.user": "User to run as.",
    "global.group": "Group to run as.",
    "global.daemon": "Go into the background.",
    "global.pidfile": "File for the process numbers.",
    "global.localpeer": "Name of this host among peers.",
    "global.node": "Name of this host on the statistics page.",
    "global.maxconn": "Most connections at the same time for the whole process.",
    "global.maxconnrate": "Most new connections per second.",
    "global.maxsslconn": "Most TLS connections at the same time.",
    "global.ulimit_n": "Most open files. By default HAProxy computes it.",
    "global.nbthread": "Number of threads.",
    "global.hard_stop_after": "How long an old process may continue to serve its connections after a reload.",
    "global.close_spread_time": "Time over which idle connections are closed at the end of an old process.",
    "global.spread_checks": "Percentage by which health checks are spread in time.",
    "global.server_state_base": "Directory of the server state files.",
    "global.server_state_file": "File of the server states.",
    "global.ca_base": "Directory of CA files that are given without a path.",
    "global.crt_base": "Directory of certificates that are given without a path.",
    "global.ssl_server_verify": "Whether to verify certificates of servers by default.",
    "global.ssl_default_bind_options": "Default TLS settings of listeners, such as V(ssl-min-ver TLSv1.2).",
    "global.ssl_default_bind_ciphers": "Default ciphers of listeners up to TLS 1.2.",
    "global.ssl_default_bind_ciphersuites": "Default cipher suites of listeners for TLS 1.3.",
    "global.ssl_default_bind_curves": "Default curves of listeners.",
    "global.ssl_default_server_options": "Default TLS settings towards servers.",
    "global.ssl_default_server_ciphers": "Default ciphers towards servers up to TLS 1.2.",
    "global.ssl_default_server_ciphersuites": "Default cipher suites towards servers for TLS 1.3.",
    "global.ssl_dh_param_file": "File with Diffie-Hellman parameters.",
    "global.ssl_load_extra_files": "Which files next to a certificate are loaded with it.",
}

_LINES: dict[str, Words] = {
    "weight": "Share of the load, 0 to 256. With 0 it gets no new connections; that is not the same as removing it.",
    "check": "Check the server's health.",
    "check_addr": "Address for health checks (HAProxy's C(addr)).",
    "check_port": "Port for health checks (HAProxy's C(port)).",
    "inter": "Time between two health checks.",
    "fastinter": "The same while the state is changing.",
    "downinter": "The same while the server is down.",
    "rise": "Good checks after which a server is up.",
    "fall": "Failed checks after which a server is down.",
    "observe": "Watch the traffic itself for errors.",
    "error_limit": "Observed errors that trigger C(on_error).",
    "on_error": "What to do after too many observed errors.",
    "on_marked_down": "What happens to connections when the server goes down. By default they stay.",
    "on_marked_up": "What happens to connections of backup servers when this one comes up.",
    "check_ssl": "Do health checks over TLS.",
    "check_sni": "Server name for TLS health checks.",
    "check_alpn": "Protocols offered in TLS health checks, separated by commas.",
    "check_proto": "Protocol of health checks.",
    "check_send_proxy": "Send a PROXY header in health checks.",
    "check_via_socks4": "Do health checks through the SOCKS4 proxy.",
    "agent_check": "Ask an agent on the server for its state.",
    "agent_addr": "Address of the agent.",
    "agent_inter": "Time between two agent checks.",
    "agent_port": "Port of the agent.",
    "agent_send": "Text to send to the agent.",
    "servers.maxconn": "Most connections to this server at the same time; further ones wait. 0 is no limit.",
    "default_server.maxconn": "Most connections to one server at the same time. 0 is no limit.",
    "bind.maxconn": "Most connections on this listener.",
    "bind.backlog": "Most connections that wait to be accepted.",
    "minconn": "Lower end of a limit that grows with the backend's load.",
    "maxqueue": "Most connections that wait for this server. 0 is no limit.",
    "slowstart": "Time over which a server that comes up gets its full load.",
    "backup": "Use this server only when no other is up.",
    "servers.disabled": "Start in maintenance.",
    "default_server.disabled": "Start in maintenance.",
    "servers.backup": "Use this server only when no other is up.",
    "default_server.backup": "Use these servers only when no other is up.",
    "servers.cookie": "Value of the cookie for this server.",
    "default_server.cookie": "Value of the cookie.",
    "non_stick": "Keep this server out of stick tables.",
    "track": "Take over the health of another server, V(server) or V(backend/server).",
    "init_addr": "How the address is found at start, such as V(last,libc,none).",
    "init_state": "State at start.",
    "resolvers": "The resolvers section that resolves the name at run time.",
    "resolve_prefer": "Family preferred when resolving.",
    "resolve_net": "Networks preferred when resolving, separated by commas.",
    "resolve_opts": "Options of resolving, separated by commas.",
    "ssl": "Use TLS.",
    "verify": "Whether the other side's certificate is verified.",
    "verifyhost": "Name that the server's certificate must have.",
    "ca_file": "File of the CA certificates to verify with.",
    "crl_file": "File of revoked certificates.",
    "servers.crt": "Certificate and key to present to the server.",
    "default_server.crt": "Certificate and key to present to servers.",
    "bind.crt": "Certificate files, or directories of them. The list is authoritative.",
    "sni": "Expression for the server name to ask for, such as V(req.hdr(host\\)).",
    "alpn": "Protocols to offer, separated by commas.",
    "ciphers": "Ciphers up to TLS 1.2.",
    "ciphersuites": "Cipher suites for TLS 1.3.",
    "ssl_min_ver": "Lowest TLS version.",
    "ssl_max_ver": "Highest TLS version.",
    "ssl_reuse": "Reuse TLS sessions.",
    "tls_tickets": "Use TLS session tickets.",
    "allow_0rtt": "Allow TLS early data.",
    "proto": "Protocol spoken without negotiation.",
    "ws": "Protocol for WebSocket streams.",
    "send_proxy": "Send a PROXY header, version 1.",
    "send_proxy_v2": "Send a PROXY header, version 2.",
    "send_proxy_v2_ssl": "Send a PROXY header, version 2, with TLS information.",
    "send_proxy_v2_ssl_cn": "The same with the common name of the client's certificate.",
    "proxy_v2_options": "Further information in the PROXY header, separated by commas.",
    "namespace": "Network namespace.",
    "socks4": "SOCKS4 proxy to go through.",
    "redir": "Prefix to redirect GET and HEAD requests to.",
    "log_proto": "How log messages are framed.",
    "tfo": "Use TCP fast open.",
    "tcp_ut": "Time after which unacknowledged data ends the connection.",
    "max_reuse": "How often a connection may be used again; V(-1) is no limit.",
    "pool_low_conn": "Idle connections below which a thread takes over others'.",
    "pool_max_conn": "Most idle connections kept; V(-1) is no limit.",
    "pool_purge_delay": "Time between two purges of idle connections.",
    "idle_ping": "Time between two tests of an idle connection. If the server does not answer one before the next"
    " is due, the connection is closed. HTTP/2 only; other protocols ignore it.",
    "guid": "Unique name of the server.",
    "hash_key": "What a hash is made of.",
    "bind.name": "Name of the listener in statistics.",
    "interface": "Network interface to listen on.",
    "crt_list": "Files that list certificates. The list is authoritative.",
    "ca_verify_file": "File of further CA certificates, not sent to clients.",
    "ca_sign_file": "CA certificate and key that sign generated certificates.",
    "ca_sign_pass": "Passphrase of that key.",
    "curves": "Elliptic curves.",
    "ecdhe": "Curve for ephemeral keys.",
    "strict_sni": "Refuse clients that ask for a name without a certificate.",
    "generate_certificates": "Generate certificates for unknown names.",
    "prefer_client_ciphers": "Use the client's order of ciphers.",
    "no_tls_tickets": "Do not use TLS session tickets.",
    "tls_ticket_keys": "File with the keys of session tickets.",
    "no_ca_names": "Do not send the names of accepted CAs.",
    "ca_ignore_err": "Errors in verification to ignore, separated by commas.",
    "crt_ignore_err": "Errors of the client's certificate to ignore, separated by commas.",
    "accept_proxy": "Expect a PROXY header.",
    "accept_netscaler_cip": "Expect a NetScaler header with this magic number.",
    "transparent": "Accept connections for addresses that are not local.",
    "v4v6": "Accept IPv4 on an IPv6 address too.",
    "v6only": "Do not accept IPv4 on an IPv6 address.",
    "defer_accept": "Accept a connection once it has data.",
    "mss": "Largest TCP segment.",
    "nice": "Priority of these connections, -1024 to 1024.",
    "bind.user": "Owner of a Unix socket.",
    "bind.group": "Group of a Unix socket.",
    "uid": "Owner of a Unix socket, by number.",
    "gid": "Group of a Unix socket, by number.",
    "bind.mode": "Permissions of a Unix socket, as octal digits in quotes.",
    "level": "What the runtime API allows on this socket.",
    "severity_output": "How the runtime API shows severities.",
    "expose_fd": "What the runtime API hands to a new process.",
    "process": "Processes or threads that serve the listener.",
    "thread": "Threads that serve the listener.",
    "shards": "Number of sockets over which the threads are spread.",
}

DESCRIPTIONS: dict[str, Words] = {**_SECTIONS, **_LINES, **_GLOBAL, **_FILE, **_MODULES}


def key_of(path: tuple[str, ...]) -> str:
    """The key of an option's text: the longest end of its path that has one."""
    for key in (".".join(path[start:]) for start in range(len(path))):
        if key in DESCRIPTIONS:
            return key
    owner = path[-2] if len(path) > 1 else ""
    table = "_LINES" if owner in _LINES_OF else "_GLOBAL" if owner == "global" else "_SECTIONS"
    key = f"global.{path[-1]}" if owner == "global" else path[-1]
    raise KeyError(f'plugins/plugin_utils/_docs/haproxy.py: add to {table} the line "{key}": "What it says.",')


def since(path: tuple[str, ...]) -> list[str]:
    """A sentence for each version in which an option, such as ``("backends", "servers", "ws")``, or one of its values
    became available."""
    if len(path) > 1 and path[-2] in _LINES_OF:
        argument = _LINES_OF[path[-2]].get(path[-1])
        return _since(argument.since) if argument is not None else []
    for line in (table[path[-1]] for table in TABLES.values() if path[-1] in table):
        later = [f"V({value}) since HAProxy {version}." for value, version in (line.later or {}).items()]
        return _since(line.since) + later
    return []


#: The table with the options of each of these lists or dictionaries.
_LINES_OF = {"servers": SERVER, "default_server": SERVER, "bind": BIND}


def _since(version: str) -> list[str]:
    return [] if version == OLDEST else [f"Since HAProxy {version}."]
