"""The teaching inbox and the taught examples as JSON. Supervisors read, admins act."""

from typing import Any

from bot.adapters.assistant_files import AssistantFilesBroken
from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.paging import page_of
from bot.gateway.problems import Problem
from bot.gateway.studio_models import (
    DecidedOut,
    DecisionIn,
    ExampleIn,
    ExampleOut,
    ExamplesOut,
    Guess,
    InboxItemOut,
    InboxOut,
    InboxQuery,
    IntentOut,
    IntentsOut,
    PageQuery,
    SaidOut,
    SimilarOut,
)
from bot.services.app import App
from bot.services.inbox import BadCursor, InboxItem, inbox
from bot.services.teaching import (
    Decided,
    NewIntent,
    TeachingRefused,
    add_example,
    intents,
    remove_example,
    set_aside,
    teach,
    undo,
)
from bot.store.tables import Example


def add_studio_api(api: Api) -> None:
    """`/api/v1/nlu/*`."""
    _add_inbox(api)
    _add_examples(api)


def _add_inbox(api: Api) -> None:
    @api.route(
        "GET", "/api/v1/nlu/inbox", tag="teaching", auth="supervisor", query=InboxQuery, returns=InboxOut,
        summary="Messages the bot missed or was unsure of, most worth first, redacted.", errors=(422,),
    )  # fmt: skip
    async def look(call: Call) -> InboxOut:
        query: InboxQuery = call.query
        try:
            page = await inbox(_app(call), why=query.why, limit=query.limit, cursor=query.cursor)
        except BadCursor as error:
            raise Problem(422, "bad_cursor", str(error)) from error
        return InboxOut(items=[_item(item) for item in page.items], total=page.total, next=page.next)

    @api.route(
        "POST", "/api/v1/nlu/inbox", tag="teaching", auth="admin", body=DecisionIn, returns=DecidedOut,
        summary="Decide about messages, or take back the last decision.", errors=(409, 422),
    )  # fmt: skip
    async def decide(call: Call) -> DecidedOut:
        try:
            decided = await _decide(_app(call), call.who, call.body)
        except (TeachingRefused, AssistantFilesBroken) as error:
            raise Problem(409, "teaching_refused", str(error)) from error
        return DecidedOut(messages=list(decided.messages), intent=decided.intent)

    @api.route(
        "GET", "/api/v1/nlu/intents", tag="teaching", auth="supervisor", returns=IntentsOut,
        summary="The intents one can teach, with their number of phrases.",
    )  # fmt: skip
    async def names(call: Call) -> IntentsOut:
        try:
            found = await intents(_app(call))
        except AssistantFilesBroken as error:
            raise Problem(409, "files_broken", str(error)) from error
        return IntentsOut(
            items=[
                IntentOut(name=i.name, phrases=i.phrases, taught=i.taught, samples=list(i.samples), new=i.new)
                for i in found
            ]
        )


async def _decide(app: App, who: Any, body: DecisionIn) -> Decided:
    match body.decision:
        case "undo":
            return await undo(app, who)
        case "not_useful":
            return await set_aside(app, who, body.messages)
        case "new_intent":
            assert body.new is not None
            new = NewIntent(body.new.name, body.new.answer)
            return await teach(app, who, body.messages, new.name, new=new)
        case "intent":
            assert body.intent is not None
            return await teach(app, who, body.messages, body.intent)


def _add_examples(api: Api) -> None:
    @api.route(
        "GET", "/api/v1/nlu/examples", tag="teaching", auth="supervisor", query=PageQuery, returns=ExamplesOut,
        summary="What was taught and is in force, newest first.",
    )  # fmt: skip
    async def examples(call: Call) -> ExamplesOut:
        rows, following = await page_of(call, Example, Example.removed_at.is_(None))
        return ExamplesOut(items=[_example(row) for row in rows], next=following)

    @api.route(
        "POST", "/api/v1/nlu/examples", tag="teaching", auth="admin", body=ExampleIn, returns=ExampleOut,
        summary="Teach a phrase of one's own.", errors=(409, 422),
    )  # fmt: skip
    async def add(call: Call) -> ExampleOut:
        try:
            return _example(await add_example(_app(call), call.who, call.body.text, call.body.intent))
        except (TeachingRefused, AssistantFilesBroken) as error:
            raise Problem(409, "teaching_refused", str(error)) from error

    @api.route(
        "DELETE", "/api/v1/nlu/examples/{id}", tag="teaching", auth="admin", errors=(404,),
        summary="Take an example out; its message comes back into the inbox.",
    )  # fmt: skip
    async def remove(call: Call) -> None:
        try:
            await remove_example(_app(call), call.path("id"))
        except LookupError as error:
            raise Problem(404, "not_found", str(error)) from error


def _app(call: Call) -> App:
    return call.request.app[APP]


def _item(item: InboxItem) -> InboxItemOut:
    return InboxItemOut(
        message=item.message_id,
        text=item.text,
        at=item.at,
        case=item.case_id,
        case_number=item.case_number,
        understood=item.understood,
        guesses=[Guess(intent=intent, confidence=confidence) for intent, confidence in item.guesses],
        reasons=[why.value for why in item.reasons],
        low_survey=item.trouble.low_survey,
        escalated=item.trouble.escalated,
        not_helpful=item.trouble.not_helpful,
        similar=[SimilarOut(message=message_id, text=text) for message_id, text in item.similar],
        before=[SaidOut(author=said.author, text=said.text) for said in item.before],
        after=[SaidOut(author=said.author, text=said.text) for said in item.after],
        priority=item.priority,
    )


def _example(row: Example) -> ExampleOut:
    return ExampleOut(
        id=row.id, text=row.text, intent=row.intent, message=row.message_id, author=row.author,
        created_at=row.created_at,
    )  # fmt: skip
