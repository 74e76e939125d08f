# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ProxyCommand for ssh with ProxyUseFdpass: connect to HOST PORT, pass the socket to ssh, and exit.

It runs in the lab's network namespace. ssh itself may run anywhere, and no program forwards its data."""

import array
import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as connection:
    connection.settimeout(None)
    ours = array.array("i", [connection.fileno()])
    with socket.socket(fileno=1) as ssh:
        ssh.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ours)])
