# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that begin a line within any section, of every version from 1.5 to 3.4, as data: those of the manuals, and
those that HAProxy lists itself (``haproxy -dKcfg``). Words with a dot are left out: no section begins with one.

They only serve to tell directives from section keywords of newer versions. A word in this list need not be valid in
every section.
"""

from __future__ import annotations

DIRECTIVES = frozenset(
    (
        "accept accepted_payload_size account-key acl acme-vars add-acl add-header add-headers-bin alias allow "
        "allow-0rtt alpn anonkey appsession attach-srv auth backing-file backlog balance be-unpublished bind "
        "bind-process bits block busy-polling ca-base ca-file ca-verify-file cache-store cache-use capture "
        "challenge challenge-ready chroot ciphers ciphersuites client-sigalgs cliexp clitcpka-cnt clitcpka-idle "
        "clitcpka-intvl clitimeout close close-spread-time cluster-secret command compression contact contimeout "
        "cookie cpu-affinity cpu-map cpu-policy cpu-set crl-file crt crt-base curves daemon declare default "
        "default-bind default-crt default-path default-server default_backend del-acl del-header del-headers-bin "
        "del-map deny description deviceatlas-json-file deviceatlas-log-level deviceatlas-properties-cookie "
        "deviceatlas-separator dgram-bind dgram-drop directory disable-l7-retry disabled dispatch dns-accept-family "
        "dns-delay dns-timeout do-log do-resolve docroot eab-key-id eab-mac-alg eab-mac-key early-hint ecdhe "
        "email-alert enabled error-log-format errorfile errorfiles errorloc errorloc302 errorloc303 exec "
        "expect-netscaler-cip expect-proxy expose-deprecated-directives expose-experimental-directives "
        "external-check fd-hard-limit filter force-be-switch force-cfg-parser-pause force-persist format fullconn "
        "gid grace group guid h1-accept-payload-with-any-method h1-case-adjust h1-case-adjust-file "
        "h1-do-not-close-on-insecure-transfer-encoding h2-workaround-bogus-websocket-clients hard-stop-after "
        "hash-balance-factor hash-preserve-affinity hash-type hold http-after-response http-check http-err-codes "
        "http-error http-fail-codes http-request http-response http-reuse http-send-name-header id ignore-persist "
        "index insecure-fork-wanted insecure-setuid-wanted issuers-chain-path key-base keytype ktls limited-quic "
        "load load-server-state-from-file localpeer log log-format log-format-sd log-send-hostname log-stderr "
        "log-steps log-tag lua-load lua-load-per-thread lua-prepend-path mailer map master-worker max-age "
        "max-keep-alive-queue max-object-size max-secondary-entries max-session-srv-conns max-spread-checks "
        "max-threads-per-group maxcompcpuusage maxcomprate maxconn maxconnrate maxlen maxpipes maxsessrate "
        "maxsslconn maxsslrate maxzlibmem mode monitor monitor-net monitor-uri mworker-max-reloads nameserver "
        "namespace nbproc nbthread no no-alpn no-ca-names no-memory-trimming no-quic node noepoll noevports "
        "nogetaddrinfo nokqueue noktls nopoll noreuseport normalize-uri nosplice npn numa-cpu-mapping on option "
        "parse-resolv-conf pass-header path-info pause peer persist pidfile pp2-never-send-local prealloc-fd "
        "presetenv process-vary profile provider-name quic-initial quiet rate-limit redirect redisp redispatch "
        "reject replace-header replace-path replace-pathq replace-uri replace-value reqadd reqallow reqdel reqdeny "
        "reqiallow reqidel reqideny reqipass reqirep reqisetbe reqitarpit reqpass reqrep reqsetbe reqtarpit "
        "resetenv resolve_retries retries retry-on return reuse-key rspadd rspdel rspdeny rspidel rspideny rspirep "
        "rsprep sc-add-gpc sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt sc-set-gpt0 send-retry send-spoe-group "
        "server server-state-base server-state-file server-state-file-name server-template set-bandwidth-limit "
        "set-bc-mark set-bc-tos set-dst set-dst-port set-dumpable set-fc-mark set-fc-tos set-header set-headers-bin "
        "set-log-level set-map set-mark set-method set-nice set-param set-path set-pathq set-priority-class "
        "set-priority-offset set-query set-retries set-src set-src-port set-status set-timeout set-tos set-uri "
        "set-var set-var-fmt setcap setenv shards shm-stats-file shm-stats-file-max-objects sigalgs silent-drop "
        "size source spread-checks srvexp srvtcpka-cnt srvtcpka-idle srvtcpka-intvl srvtimeout "
        "ssl-default-bind-ciphers ssl-default-bind-ciphersuites ssl-default-bind-client-sigalgs "
        "ssl-default-bind-curves ssl-default-bind-options ssl-default-bind-sigalgs ssl-default-server-ciphers "
        "ssl-default-server-ciphersuites ssl-default-server-client-sigalgs ssl-default-server-curves "
        "ssl-default-server-options ssl-default-server-sigalgs ssl-dh-param-file ssl-engine ssl-f-use "
        "ssl-load-extra-del-ext ssl-load-extra-files ssl-max-ver ssl-min-ver ssl-mode-async ssl-passphrase-cmd "
        "ssl-propquery ssl-provider ssl-provider-path ssl-security-level ssl-server-verify ssl-skip-self-issued-ca "
        "stats stats-file stick stick-table stress-level strict-limits strict-mode switch-mode table tarpit "
        "tcp-check tcp-request tcp-response the thread-group thread-groups thread-hard-limit timeout total-max-size "
        "trace track-sc0 track-sc1 track-sc2 transparent type uid ulimit-n unique-id-format unique-id-header "
        "unix-bind unset-var unsetenv use-fcgi-app use-server use-service use_backend user usesrc verify "
        "wait-for-body wait-for-handshake warn-blocked-traffic-after wurfl-cache-size wurfl-data-file "
        "wurfl-information-list wurfl-information-list-separator zero-warning"
    ).split()
)
