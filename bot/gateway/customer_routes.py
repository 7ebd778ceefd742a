"""One customer for supervisors: everything that is held about them, and erasing it on their request."""

from typing import Any

from bot.gateway.api import Api, Call
from bot.gateway.data_routes import ErasureOut, erasure_out
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.services.erasing import erase_customers
from bot.services.held import data_of_customers
from bot.services.people import UnknownCustomer, find_people


def add_customer_routes(api: Api) -> None:
    """`/api/v1/customers/{id}`."""

    @api.route(
        "GET", "/api/v1/customers/{id}", tag="stored", auth="supervisor", errors=(404,),
        summary="Everything that is held about a customer.",
    )  # fmt: skip
    async def show(call: Call) -> dict[str, Any]:
        return await data_of_customers(call.request.app[APP], [await _known(call)])

    @api.route(
        "DELETE", "/api/v1/customers/{id}", tag="stored", auth="supervisor", returns=ErasureOut, errors=(404,),
        summary="Erase a customer for good, on their request; the audit log says who did it, not whose data it was.",
    )  # fmt: skip
    async def erase(call: Call) -> ErasureOut:
        return erasure_out(await erase_customers(call.request.app[APP], [await _known(call)], call.who))


async def _known(call: Call) -> str:
    """The customer of the path, by our id alone: an address may stand for several people."""
    wanted = call.path("id")
    try:
        people = await find_people(call.request.app[APP], wanted)
    except UnknownCustomer as error:
        raise Problem(404, "not_found", str(error)) from error
    if all(person.id != wanted for person in people):
        raise Problem(404, "not_found", "Give the customer's id as the desk shows it.")
    return wanted
