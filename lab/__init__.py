# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: the hosts of an Ansible inventory as containers with systemd, in a network of their own.

Run `python3 -m lab --help` for the commands; README.md explains the lab. Standard library only."""
