"""How do the tests of the client ask one thing of a simulator?"""

from pds_client import NhsNumber, Query
from tests.pds_client.world import ADA, Recording, client_of, run

FOR_ADA = Query(family="Example", given=("Adalind",), birth_date="eq1941-02-03", postcode="ZE1 0AA")


def read(simulator, number=ADA, etag=None, **options):
    async def once():
        async with client_of(simulator, **options) as client:
            return await client.read(NhsNumber.parse(number), etag)

    return run(once())


def search(simulator, query=FOR_ADA, **options):
    async def once():
        async with client_of(simulator, **options) as client:
            return await client.search(query)

    return run(once())


def related(simulator, number=ADA):
    async def once():
        async with client_of(simulator) as client:
            return await client.related_persons(NhsNumber.parse(number))

    return run(once())


def recorded(simulator, query=FOR_ADA):
    wire = Recording(simulator)
    search(simulator, query, transport=wire)
    return wire.requests


def bundle(*entries, total=None):
    body = {"resourceType": "Bundle", "type": "searchset", "total": len(entries) if total is None else total}
    return {**body, "entry": list(entries)} if entries else body
