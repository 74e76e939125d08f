# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate repeated documentation from its sources: the options of a VIP in the roles, roles/*/README.md, lists in
README.md.

Usage: python bin/render_docs.py [--check]

The options of a VIP (plugins/plugin_utils/_vip/options.yml and _profiles/*.py) are written into the argument specs of
the roles that document their list of VIPs in full. A role's README comes from its meta/argument_specs.yml, its
defaults, and the playbook in its examples/ if it has one. README.md has the lists ``modules`` and ``roles`` between
``<!-- NAME -->`` and ``<!-- end -->``. With --check nothing is written; outdated files are listed, and the exit code is
1 if there are any."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[1]
PLUGIN_UTILS = "ansible_collections.k8s_edge.ha.plugins.plugin_utils"
TEMPLATE = Path(__file__).with_name("role_readme.md.j2")
MARKED = re.compile(r"(<!-- (?P<name>modules|roles) -->\n).*?(<!-- end -->)", re.S)


def text(value: str | list[str]) -> str:
    """Convert documentation markup to Markdown: V(x), O(x), C(x), E(x) become code, B() bold, I() italic, M() a
    name."""
    joined = value if isinstance(value, str) else "\n\n".join(value)
    joined = re.sub(r"\b[VOCE]\(((?:\\.|[^)\\])*)\)", lambda found: f"`{found[1]}`".replace("\\", ""), joined)
    joined = re.sub(r"\b[MP]\(([^)]*)\)", r"`\1`", joined)
    joined = re.sub(r"\bL\(([^,]*), ?([^)]*)\)", r"[\1](\2)", joined)
    joined = re.sub(r"\bU\(([^)]*)\)", r"<\1>", joined)
    return re.sub(r"\bI\(([^)]*)\)", r"*\1*", re.sub(r"\bB\(([^)]*)\)", r"**\1**", joined)).strip()


def in_yaml(value: Any) -> str:
    """A default as written in an inventory, on one line."""
    written: str = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False).strip()
    return written[: -len("\n...")] if written.endswith("\n...") else written


def rows(options: dict[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """Options in their order; the options of a dictionary follow it, with dotted names."""
    found = []
    for name, option in options.items():
        kind = option.get("type", "str")
        if kind == "list" and "elements" in option:
            kind = f"list of {option['elements']}"
        found.append({**option, "name": prefix + name, "kind": kind})
        found += rows(option.get("options", {}), f"{prefix}{name}.")
    return found


class Indented(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML comes without types
    """Sequences are indented below their key, and long texts are folded, as in the rest of the file."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def vip_options(variable: str) -> str:
    """The options of a VIP in the format of an argument spec."""
    with tempfile.TemporaryDirectory() as root:
        namespace = Path(root, "ansible_collections/k8s_edge")
        namespace.mkdir(parents=True)
        (namespace / "ha").symlink_to(ROOT)
        sys.path.insert(0, root)
        spec_of_vips = importlib.import_module(f"{PLUGIN_UTILS}._inventory.vip_spec")
        sys.path.remove(root)
        spec = yaml.dump(
            dict(spec_of_vips.documented()), Dumper=Indented, sort_keys=False, width=106, allow_unicode=True
        )
    return textwrap.indent(str(spec).replace("{vips}", variable), " " * 10)


def argument_specs(role: Path) -> str:
    """A role's argument specs, including the options of a VIP where it has them."""
    variable = f"{role.name}_vips"
    beginning, options, rest = (role / "meta/argument_specs.yml").read_text().partition(f"      {variable}:\n")
    own = re.match(r"(?P<own>(?:        (?!options:).*\n)*        options:\n)(?:          .*\n)+", rest)
    if own is None:
        return beginning + options + rest
    return beginning + options + own["own"] + vip_options(variable) + rest[own.end() :]


def role_readme(role: Path) -> str:
    specs = yaml.safe_load(argument_specs(role))["argument_specs"]
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)  # noqa: S701
    environment.filters.update(text=text, in_yaml=in_yaml)
    example = role / "examples/main.yml"
    return environment.from_string(TEMPLATE.read_text()).render(
        role=role.name,
        entries=[(name, spec, rows(spec.get("options", {}))) for name, spec in specs.items()],
        example=example.read_text() if example.exists() else "",
    )


def documentation(module: Path) -> dict[str, Any]:
    """A module's DOCUMENTATION, without importing the module."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise SystemExit(f"{module} has no DOCUMENTATION")


def module_list() -> str:
    found = [documentation(path) for path in sorted((ROOT / "plugins/modules").glob("[a-z]*.py"))]
    return "".join(f"| `{each['module']}` | {text(each['short_description'])} |\n" for each in found)


def role_list() -> str:
    lines = ""
    for role in roles():
        specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
        lines += f"| [{role.name}](roles/{role.name}/README.md) | {text(specs['main']['short_description'])} |\n"
    return lines


def roles() -> list[Path]:
    return sorted(path.parents[1] for path in ROOT.glob("roles/*/meta/argument_specs.yml"))


def rendered() -> dict[Path, str]:
    pages = {role / "meta/argument_specs.yml": argument_specs(role) for role in roles()}
    pages |= {role / "README.md": role_readme(role) for role in roles()}
    readme = ROOT / "README.md"
    lists = {"modules": module_list, "roles": role_list}
    if readme.exists():
        pages[readme] = MARKED.sub(
            lambda found: f"{found[1]}| | |\n|---|---|\n{lists[found['name']]()}{found[3]}", readme.read_text()
        )
    return pages


def main() -> int:
    stale = {path: page for path, page in rendered().items() if not path.exists() or path.read_text() != page}
    for path, page in stale.items():
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(ROOT)} is not up to date: run python bin/render_docs.py", file=sys.stderr)
        else:
            path.write_text(page)
            print(path.relative_to(ROOT))
    return int(bool(stale) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
