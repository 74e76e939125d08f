# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to the API of a cluster through the client of kubernetes.core. The only file of this room with effects.

The client handles credentials, discovery and the three-way merge of ``apply``. It runs in Ansible's own process, as in
the lookup plugin ``kubernetes.core.k8s``: loading it takes longer than all requests of a role, and the modules of
kubernetes.core load it for each task and read each object three times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Identity, Object, identity, reference
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.refusals import refusal_sentences

#: Matches the text of an HTTP Warning header (RFC 7234). One header may hold several, separated by commas.
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')

NOTHING = Identity("", "", "", "")

Query = Mapping[str, Any]


class Refused(EdgeError):
    """The API refused a request or did not answer. ``errors``: each exception, with the object that it concerns."""

    def __init__(self, errors: Iterable[tuple[Exception, Identity]]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(refusal_sentences(self.errors)))


class Written(NamedTuple):
    """An object as the API has written it (or would, in a dry run), and the API's warnings."""

    object: dict[str, Any]
    warnings: list[str]


class Api:
    """A client of the API. ``access``: the connection options of kubernetes.core. Raises Refused for requests that
    fail."""

    def __init__(self, access: Mapping[str, Any]) -> None:
        with _refused():
            from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client

            self._client = get_api_client(**access)

    def read(self, queries: Iterable[Query]) -> list[list[dict[str, Any]] | None]:
        """The result of each query: a list of objects, or None if the API does not know the kind.

        All queries are sent even if one is refused, so that the error names every missing right at once."""
        errors: list[tuple[Exception, Identity]] = []
        found: list[list[dict[str, Any]] | None] = []
        for query in queries:
            try:
                found.append(self._find(query))
            except Refused as refused:
                errors += refused.errors
                if not answered(refused):
                    break
        if errors:
            raise Refused(errors)
        return found

    def get(self, each: Object) -> dict[str, Any] | None:
        """The current object; None if it does not exist."""
        found = self._find(reference(each))
        return found[0] if found else None

    def apply(self, each: Object, *, dry_run: bool) -> Written:
        """Apply the object with a three-way merge of the declared, the last applied and the current state."""
        return self._write("apply", deepcopy(dict(each)), dry_run, namespace=identity(each).namespace or None)

    def patch(self, each: Object, *, dry_run: bool) -> Written:
        """Apply a merge patch (RFC 7386) to an existing object."""
        which = identity(each)
        options = {"name": which.name, "namespace": which.namespace or None}
        return self._write("patch", dict(each), dry_run, **options, content_type="application/merge-patch+json")

    def delete(self, each: Object, *, dry_run: bool) -> None:
        """Delete an object, its pods first. An object that does not exist is no error."""
        which = identity(each)
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        with _refused(identity(each)):
            resource = self._resource(str(each["apiVersion"]), which.kind)
            options = {"name": which.name, "namespace": which.namespace or None, **_dry(dry_run)}
            try:
                self._client.delete(resource, body=body, **options)
            except Exception as error:
                if getattr(error, "status", None) != 404:
                    raise

    def schema_errors(self, each: Object) -> list[str]:
        """The object's violations of the schema of the cluster's version. Needs the Python package
        kubernetes-validate."""
        with _refused(identity(each)):
            _warnings, errors = self._client.validate(deepcopy(each), strict=True)
        return [str(error) for error in errors]

    def _resource(self, api_version: str, kind: str) -> Any:
        return self._client.resource(kind, api_version)

    def _find(self, query: Query) -> list[dict[str, Any]] | None:
        with _refused(_asked(query)):
            try:
                resource = self._resource(str(query.get("api_version") or "v1"), str(query["kind"]))
            except Exception as error:
                if getattr(error, "status", None) is None and type(error).__name__.startswith("ResourceNot"):
                    return None
                raise
            options = {name: query[name] for name in ("name", "namespace") if query.get(name)}
            for name in ("label_selectors", "field_selectors"):
                if query.get(name):
                    options[name[:-1]] = ",".join(query[name])
            try:
                found = self._client.get(resource, **options).to_dict()
            except Exception as error:
                if getattr(error, "status", None) == 404:
                    return []
                raise
        items: list[dict[str, Any]] = [found] if query.get("name") else found.get("items") or []
        return items

    def _write(self, how: str, each: Object, dry_run: bool, **options: Any) -> Written:
        with _refused(identity(each)):
            resource = self._resource(str(each["apiVersion"]), str(each["kind"]))
            answer = getattr(self._client, how)(resource, each, serialize=False, **options, **_dry(dry_run))
            headers = answer.headers or {}
            found = _WARNING.findall(headers.get("warning") or headers.get("Warning") or "")
            return Written(json.loads(answer.data), [text.replace('\\"', '"') for text in found])


def answered(refused: Refused) -> bool:
    """Whether the API answered and accepted the credentials. If not, further requests are pointless."""
    return all(getattr(error, "status", None) not in (None, 0, 401) for error, _which in refused.errors)


def _asked(query: Query) -> Identity:
    group = str(query.get("api_version") or "v1").rpartition("/")[0]
    return Identity(group, str(query["kind"]), str(query.get("namespace") or ""), str(query.get("name") or ""))


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dry_run": "All"} if dry_run else {}


@contextmanager
def _refused(about: Identity = NOTHING) -> Iterator[None]:
    """Convert exceptions of the client and of its libraries to Refused or EdgeError."""
    try:
        yield
    except EdgeError:
        raise
    except Exception as error:
        raise Refused([(error, about)]) from error
