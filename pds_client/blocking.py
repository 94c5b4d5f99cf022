"""How does a script without an event loop ask PDS?

Rules it keeps:
- The same client, one call at a time, on a loop of its own that ends with the `with` block.

https://docs.python.org/3/library/asyncio-runner.html
"""

import asyncio
from types import TracebackType
from typing import Self

from pds_client.client import PdsClient
from pds_client.demographics import Demographics
from pds_client.nhs_number import NhsNumber
from pds_client.outcomes import ReadOutcome, RelatedOutcome, SearchOutcome
from pds_client.query import Query
from pds_client.trace import Trace, trace


class BlockingPdsClient:
    """Use it with `with`, around a PdsClient that nothing else uses."""

    def __init__(self, client: PdsClient) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    def search(self, query: Query) -> SearchOutcome:
        return self._runner.run(self._client.search(query))

    def read(self, nhs_number: NhsNumber, etag: str | None = None) -> ReadOutcome:
        return self._runner.run(self._client.read(nhs_number, etag))

    def related_persons(self, nhs_number: NhsNumber) -> RelatedOutcome:
        return self._runner.run(self._client.related_persons(nhs_number))

    def trace(self, demographics: Demographics) -> Trace:
        return self._runner.run(trace(self._client, demographics))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._runner.run(self._client.aclose())
        finally:
            self._runner.close()
