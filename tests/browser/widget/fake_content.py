"""What the fake gateway's bot shows when it is told a certain word: one of every kind of message."""

from typing import Any

Reply = tuple[str, dict[str, Any]]

CES = {
    "survey": {
        "id": "", "kind": "ces", "question": "Lumen Home made it easy for me to handle my issue.", "min": 1, "max": 7,
        "low": "Strongly disagree", "high": "Strongly agree", "answered": None,
    }
}  # fmt: skip
CSAT = {
    "survey": {
        "id": "", "kind": "csat", "question": "How satisfied were you with the help you got today?", "min": 1, "max": 5,
        "low": "Very dissatisfied", "high": "Very satisfied", "answered": None,
    }
}  # fmt: skip
NPS = {
    "survey": {
        "id": "", "kind": "nps", "question": "How likely are you to recommend Lumen Home to a friend or colleague?",
        "min": 0, "max": 10, "low": "Not at all likely", "high": "Extremely likely", "answered": None,
    }
}  # fmt: skip
REFERRAL = {
    "invitation": {
        "id": "", "kind": "referral", "title": "Give 10 €, get 10 €",
        "text": "Share your link: a friend saves 10 € on a first order, and so do you on the next one.",
        "url": "https://shop.example/r/K7f3-9Qx2-LmZ4", "code": "K7F39QX2", "sites": None, "answered": None,
    }
}  # fmt: skip
REVIEW = {
    "invitation": {
        "id": "", "kind": "review", "title": "Tell others how it went",
        "text": "An honest review helps the next customer, whatever you say.", "url": None, "code": None,
        "sites": [
            {"name": "Trustpilot", "url": "https://reviews.example/a"},
            {"name": "Google", "url": "https://reviews.example/b"},
        ],
        "answered": None,
    }
}  # fmt: skip
TESTIMONIAL = {
    "invitation": {
        "id": "", "kind": "testimonial", "title": "May we quote you?",
        "text": "We would like to show your words on our website. You decide how, and can change your mind any time.",
        "url": None, "code": None, "sites": None, "answered": None,
    }
}  # fmt: skip
ORDER = {
    "card": {
        "kind": "order", "number": "LH-20418", "status": "on its way", "eta": "2026-05-14", "total": "87.80 €",
        "steps": [
            {"label": "Ordered", "done": True, "at": "2026-05-09T10:12:00+00:00"},
            {"label": "Packed", "done": True, "at": "2026-05-10T08:00:00+00:00"},
            {"label": "Shipped", "done": True, "at": "2026-05-11T15:30:00+00:00"},
            {"label": "Delivered", "done": False, "at": None},
        ],
        "items": [
            {"name": "Glow lamp", "quantity": 2, "price": "59.80 €"},
            {"name": "Motion sensor", "quantity": 1, "price": "28.00 €"},
        ],
        "late": True, "tracking_url": "https://parcels.example/JD0142388",
    }
}  # fmt: skip
PRODUCT = {
    "card": {
        "kind": "product", "title": "Glow lamp", "price": "29.90 €", "text": "Warm light that knows when you are home.",
        "url": "https://shop.example/glow",
    }
}  # fmt: skip
GUIDE = {
    "card": {
        "kind": "guide", "title": "Restart the hub", "step": 2, "of": 4,
        "text": "Pull the plug, wait **ten seconds**, and plug it in again. The ring turns white when it is ready.",
        "picture": "hub_restart.svg", "alt": "The hub's cable is pulled out, and plugged in again after ten seconds",
    },
    "choices": [{"id": "c-yes", "title": "That helped"}, {"id": "c-no", "title": "Still not working"}],
}  # fmt: skip
CHOICES = {
    "choices": [
        {"id": "c-1", "title": "Track my order"},
        {"id": "c-2", "title": "Return something"},
        {"id": "c-3", "title": "None of these"},
    ]
}
RICH = (
    "You can return it within **30 days**:\n- print the label at https://shop.example/returns.\n"
    "- hand it in at any parcel shop\n\nMore in [our return terms](https://shop.example/terms).\n"
    "<img src=x onerror=alert(1)> [bad](javascript:alert(1))"
)

SPECIAL: dict[str, list[Reply]] = {
    "choices": [("Which of these is it?", CHOICES)],
    "survey ces": [("", CES)],
    "survey csat": [("", CSAT)],
    "survey nps": [("", NPS)],
    "referral": [("Thank you, that makes our day.", REFERRAL)],
    "review": [("", REVIEW)],
    "testimonial": [("", TESTIMONIAL)],
    "order": [("Here it is. It should be with you on Thursday.", ORDER)],
    "product": [("", PRODUCT)],
    "guide": [("Let us get your hub back. Next step:", GUIDE)],
    "rich": [(RICH, {})],
}
