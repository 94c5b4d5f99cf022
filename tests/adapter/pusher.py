"""A council's own system that brings records.

pusher = Pusher(world)
pusher.extract(extract(case()))       POST /push/westminster/extracts
pusher.status(answer)                 GET the address that an answer names
"""

from __future__ import annotations

from typing import Any

import httpx

from adapter.trail import read
from tests.world import COUNCIL, World

SCOPE = "system/*.cud"


class Pusher:
    """One registered system, over HTTP."""

    def __init__(self, world: World, kind: str = "council", *, scope: str = SCOPE, **registered: Any) -> None:
        self.world = world
        self.asker = world.asker(kind, scopes=("system/*.cruds",), **registered)
        self.asker.scope = scope
        self.root = world.base.removesuffix("/fhir")

    @property
    def token(self) -> dict[str, str]:
        """The header that says who sends."""
        return {"Authorization": f"Bearer {self.asker.token()}"}

    def extract(self, content: Any, *, council: str = COUNCIL, query: str = "", **headers: str) -> httpx.Response:
        """Push an extract; `headers` as in `Content_Type="text/xml"`."""
        return self.post(f"/push/{council}/extracts{query}", content, **headers)

    def persons(self, content: Any, *, council: str = COUNCIL, query: str = "", **headers: str) -> httpx.Response:
        """Push persons."""
        return self.post(f"/push/{council}/persons{query}", content, **headers)

    def post(self, path: str, content: Any, **headers: str) -> httpx.Response:
        """Send something somewhere."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        words = {"Content-Type": "application/xml", **self.token, **named}
        sent = {name: value.encode("latin-1") for name, value in words.items()}
        return self.asker.http.post(f"{self.root}{path}", content=content, headers=sent)

    def status(self, answer: httpx.Response, query: str = "") -> httpx.Response:
        """Ask at the address that an answer names."""
        return self.get(answer.headers["content-location"] + query)

    def get(self, url: str) -> httpx.Response:
        """Ask at an address."""
        return self.asker.http.get(url, headers=self.token)

    def events(self, kind: str = "push") -> list[dict[str, Any]]:
        """What the trail holds of this client's pushes."""
        events = read(self.world.deployment.settings.trail)
        return [e for e in events if e["kind"] == kind and e.get("client") in ("", self.asker.client_id)]


def waiting(world: World) -> list[str]:
    """The files that wait in the deployment's folder."""
    folder = world.deployment.settings.spool
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
