# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: the hosts of an Ansible inventory as containers with systemd, in a network of their own.

`python3 -m lab --help` is the way in, README.md the explanation. Standard library only.
"""
