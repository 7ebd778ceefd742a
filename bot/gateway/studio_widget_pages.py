"""The studio's page that shows the chat as a website would have it, and gives the tag to copy.

What is shown is the real widget on a page of its own, in a frame; only its wire is played, by static/studio/preview.js.
"""

from aiohttp import web

from bot.gateway.keys import APP
from bot.gateway.pages import render, require_page_staff
from bot.gateway.security import policy
from bot.gateway.words import LOCALES

ATTRIBUTES = ("company", "color", "position", "theme", "locale", "starters", "privacyUrl")
"""The tag's attributes that can be tried, as they are named in the address."""
PROPERTIES = ("font", "radius", "offset", "z")
"""The custom properties that can be tried beside the colour."""
SCENES = {
    "greeting": "Greeting",
    "conversation": "Conversation",
    "rating": "Rating",
    "agent": "With an agent",
    "closed": "Closed",
}
MAX_VALUE = 500


def add_widget_pages(application: web.Application) -> None:
    """`/studio/widget`, and what it frames."""
    application.router.add_get("/studio/widget", _playground)
    application.router.add_get("/studio/widget/preview", _preview)


async def _playground(request: web.Request) -> web.Response:
    await require_page_staff(request, "supervisor")
    settings = request.app[APP].settings
    languages = sorted(path.stem for path in LOCALES.glob("*.mjs"))
    response = render(
        request, "studio/widget.html", scenes=SCENES, languages=languages, source=f"{settings.origin}/widget.js"
    )
    response.headers["Content-Security-Policy"] = f"{policy(request)}; frame-src 'self'"
    return response


async def _preview(request: web.Request) -> web.Response:
    await require_page_staff(request, "supervisor")
    given = {name: request.query.get(name, "")[:MAX_VALUE] for name in (*ATTRIBUTES, *PROPERTIES)}
    scene = request.query.get("scene", "")
    response = render(
        request, "studio/widget_preview.html",
        scene=scene if scene in SCENES else next(iter(SCENES)),
        attributes={_kebab(name): given[name] for name in ATTRIBUTES if given[name] or name in request.query},
        properties={name: given[name] for name in PROPERTIES if given[name]},
        language=given["locale"] or "en",
    )  # fmt: skip
    response.headers["Content-Security-Policy"] = policy(request).replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
