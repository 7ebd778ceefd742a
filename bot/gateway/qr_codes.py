"""A link as a QR code that a page can draw without loading a picture: many sites' policies allow no foreign images."""

import segno
from pydantic import BaseModel, Field

from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.services.invitations import shown_link


class QrCode(BaseModel):
    """`GET /api/v1/visitor/invitations/{id}/qr`."""

    size: int = Field(description="Modules on each side; leave four empty ones around it.")
    path: str = Field(description="The dark modules as SVG path data, one unit each.")


def qr_code(text: str) -> QrCode:
    """The code of a link, readable with 15 % of it covered. Raises ValueError for a text too long for any code."""
    matrix = segno.make_qr(text, error="m").matrix
    rows = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                rows.append(f"M{start} {y}h{x - start}v1H{start}z")
            else:
                x += 1
    return QrCode(size=len(matrix), path="".join(rows))


def add_qr_route(api: Api) -> None:
    """`GET /api/v1/visitor/invitations/{id}/qr`."""

    @api.route(
        "GET", "/api/v1/visitor/invitations/{id}/qr", tag="visitor", auth="visitor", returns=QrCode, errors=(404,),
        summary="The link of an invitation of this conversation as a QR code to draw.",
    )  # fmt: skip
    async def invitation_qr(call: Call) -> QrCode:
        async with call.request.app[APP].read() as tx:
            url = await shown_link(tx, call.who, call.path("id"))
        if url is None:
            raise Problem(404, "not_found", "There is no such invitation with a link in this chat.")
        return qr_code(url)
