"""The yardstick: the smallest answer that Starlette gives."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def hello(_request: Request) -> JSONResponse:
    """Say hello."""
    return JSONResponse({"hello": "world"})


app = Starlette(routes=[Route("/hello", hello)])
