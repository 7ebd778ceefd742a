"""The open recoveries as the desk lists them: whom they are about and what was answered."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.services.app import App
from bot.services.desk_queue import called
from bot.services.recoveries import RecoveryView, open_recoveries
from bot.store.tables import Case, Customer, Recovery, Response, Staff, Survey


@dataclass(frozen=True)
class RecoveryLine:
    """An open recovery with whom it is about and what they answered."""

    recovery: RecoveryView
    number: str
    customer: str
    owner: str | None
    kind: str
    score: int | None
    comment: str | None


async def recovery_lines(app: App) -> list[RecoveryLine]:
    """The open recoveries, the most urgent first."""
    views = {view.id: view for view in await open_recoveries(app)}
    async with app.read() as tx:
        rows = await tx.execute(
            select(Recovery.id, Case.number, Customer, Staff.name, Survey.kind, Response.score, Response.comment)
            .join(Case, Case.id == Recovery.case_id)
            .join(Customer, Customer.id == Recovery.customer_id)
            .join(Survey, Survey.id == Recovery.survey_id)
            .outerjoin(Response, Response.survey_id == Recovery.survey_id)
            .outerjoin(Staff, Staff.id == Recovery.staff_id)
            .where(Recovery.id.in_(views))
            .order_by(Recovery.due_at, Recovery.id)
        )
        return [
            RecoveryLine(views[key], number, called(customer), owner, kind, score, comment)
            for key, number, customer, owner, kind, score, comment in rows
        ]
