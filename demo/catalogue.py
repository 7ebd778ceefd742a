"""What the sample shop sells. Plain data: replace it to make the shop one's own."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES: dict[str, str] = {
    "light": "Light",
    "climate": "Climate & air",
    "safety": "Safety & entry",
    "control": "Control & power",
}


@dataclass(frozen=True)
class Item:
    """One product. `id` also names its drawing in templates/art; `tone` colours the tile behind it."""

    id: str
    sku: str
    name: str
    tagline: str
    description: str
    category: str
    tone: str
    price_cents: int
    stock: int
    features: tuple[str, ...]
    specs: tuple[tuple[str, str], ...]
    bestseller: bool = False


CATALOGUE: tuple[Item, ...] = (
    Item(
        "hearth-hub",
        "LH-HUB-2",
        "Hearth Hub",
        "The quiet centre of a connected home",
        "One small hub keeps every lamp, lock and sensor talking, even when the internet is down. Rules run at home, "
        "on the hub, and nothing leaves the house unless you ask for it.",
        "control",
        "clay",
        12900,
        64,
        (
            "Works offline: automations run on the hub itself",
            "Thread, Zigbee and Matter in one box",
            "Up to 120 devices",
            "A ring of light tells you how it feels",
        ),
        (
            ("Size", "11 × 11 × 4 cm"),
            ("Power", "USB-C, 5 W"),
            ("Network", "Wi-Fi 6, Ethernet"),
            ("In the box", "Hub, cable, 1.5 m network lead"),
        ),
        True,
    ),
    Item(
        "lumen-bulb",
        "LH-BLB-E27",
        "Lumen Bulb",
        "Every white, and the colours of dusk",
        "A bulb that follows the day: cool and clear in the morning, amber by night. Set a colour with your voice, "
        "the remote or the app, and it remembers after a power cut.",
        "light",
        "honey",
        2900,
        420,
        (
            "1,050 lumens, as bright as 75 W",
            "2,000 to 6,500 K and full colour",
            "Remembers its state",
            "25,000 hours of light",
        ),
        (("Fitting", "E27"), ("Power", "9.5 W"), ("Radio", "Thread, Bluetooth"), ("In the box", "One bulb")),
        True,
    ),
    Item(
        "lumen-strip",
        "LH-STR-3M",
        "Lumen Strip",
        "Three metres of glow, cut where you like",
        "Tuck it behind a shelf, under a bed or along the stairs. Sixteen zones melt into one another without the "
        "dots you see on other strips.",
        "light",
        "dusk",
        5900,
        150,
        (
            "Sixteen zones of colour",
            "Cut every 18 cm, join the rest",
            "Diffuse sleeve, no visible dots",
            "Stays cool to the touch",
        ),
        (
            ("Length", "3 m, up to 9 m"),
            ("Power", "24 V, 18 W"),
            ("Radio", "Thread"),
            ("In the box", "Strip, adapter, clips"),
        ),
        False,
    ),
    Item(
        "glow-lamp",
        "LH-LMP-T1",
        "Glow Table Lamp",
        "Lamplight, by the hour",
        "A hand-blown opal shade over a turned oak foot. It wakes you slowly, warms up for dinner, and dims to a "
        "candle when the house goes to bed.",
        "light",
        "ember",
        8900,
        73,
        ("Sunrise alarm without a phone", "Turn the foot to dim", "Opal glass, oiled oak", "Bulb can be replaced"),
        (
            ("Size", "26 cm tall, 22 cm wide"),
            ("Power", "8 W"),
            ("Radio", "Thread, Bluetooth"),
            ("In the box", "Lamp, bulb, 2 m cable"),
        ),
        True,
    ),
    Item(
        "halo-pendant",
        "LH-PND-H1",
        "Halo Pendant",
        "A ring of even light above the table",
        "A slim ring that lights the table below and the ceiling above, each on its own. Hang it at any height: the "
        "cable winds into the canopy.",
        "light",
        "pine",
        17900,
        31,
        ("Up and down light, apart", "Flicker-free to 1 %", "Height from 40 to 150 cm", "Brushed brass or graphite"),
        (("Size", "60 cm across"), ("Power", "32 W"), ("Radio", "Thread"), ("In the box", "Pendant, canopy, fixings")),
        False,
    ),
    Item(
        "ember-thermostat",
        "LH-THM-E1",
        "Ember Thermostat",
        "Warm when you are home, frugal when you are not",
        "Turn the ring, and that is all there is to it. Ember learns how fast your rooms warm up and starts the "
        "boiler neither too early nor too late.",
        "climate",
        "ember",
        14900,
        88,
        (
            "Saves about a fifth of heating",
            "Works with most boilers",
            "A real dial, no menus",
            "Keeps its plan without internet",
        ),
        (
            ("Size", "9 cm across"),
            ("Power", "Wired or 2 × AA"),
            ("Radio", "Thread, Wi-Fi"),
            ("In the box", "Thermostat, relay, stand"),
        ),
        True,
    ),
    Item(
        "ember-valve",
        "LH-VLV-E1",
        "Ember Radiator Valve",
        "Room by room, degree by degree",
        "Screw it on by hand; no water, no plumber. Each room gets its own plan, and an open window turns the "
        "radiator down by itself.",
        "climate",
        "clay",
        6900,
        210,
        ("Fits M30 and most adapters", "Quieter than a whisper", "Sees open windows", "Two years on two batteries"),
        (("Size", "9 × 5 cm"), ("Power", "2 × AA"), ("Radio", "Thread"), ("In the box", "Valve, three adapters")),
        False,
    ),
    Item(
        "breeze-purifier",
        "LH-AIR-B1",
        "Breeze Air Purifier",
        "Clean air you cannot hear",
        "A calm column that turns the air of a living room over in twelve minutes. A light at the foot shows what it "
        "found; the filter is a minute's work.",
        "climate",
        "mist",
        24900,
        26,
        ("Catches 99.9 % of fine dust", "19 dB in night mode", "Filter lasts a year", "Child lock"),
        (
            ("Size", "52 cm tall, 22 cm wide"),
            ("Power", "4 to 38 W"),
            ("Radio", "Wi-Fi"),
            ("In the box", "Purifier with filter"),
        ),
        False,
    ),
    Item(
        "porchlight-doorbell",
        "LH-DRB-P1",
        "Porchlight Doorbell",
        "See who is there, from anywhere",
        "A doorbell with a wide eye and a warm light under it. Recordings stay on your hub, at home, without a "
        "subscription.",
        "safety",
        "pine",
        15900,
        57,
        (
            "Head to toe view, 2K",
            "No subscription: stored on the hub",
            "Talks both ways",
            "A porch light for the keyhole",
        ),
        (
            ("Size", "13 × 5 × 3 cm"),
            ("Power", "Battery or 8–24 V"),
            ("Radio", "Wi-Fi 6"),
            ("In the box", "Doorbell, chime, wedge"),
        ),
        True,
    ),
    Item(
        "nook-camera",
        "LH-CAM-N1",
        "Nook Camera",
        "An eye for indoors, with a lid",
        "When the lid is down it cannot see or hear, and you can tell from across the room. Up, it knows people from "
        "pets and keeps the clips at home.",
        "safety",
        "mist",
        9900,
        94,
        ("A real lid over the lens", "Knows people from pets", "Night view without red glow", "Magnetic foot"),
        (("Size", "7 × 7 × 5 cm"), ("Power", "USB-C"), ("Radio", "Wi-Fi 6"), ("In the box", "Camera, foot, 2 m cable")),
        False,
    ),
    Item(
        "keystone-lock",
        "LH-LCK-K1",
        "Keystone Lock",
        "Your key, your code or just your hand",
        "Fits over the lock you have, inside the door, in ten minutes. Outside nothing changes, and every old key "
        "still turns.",
        "safety",
        "dusk",
        21900,
        40,
        (
            "Fits over the cylinder you have",
            "Opens in under a second",
            "Codes for guests, by the day",
            "Half a year on a charge",
        ),
        (
            ("Size", "12 × 6 × 6 cm"),
            ("Power", "USB-C battery"),
            ("Radio", "Thread, Bluetooth"),
            ("In the box", "Lock, keypad, door sensor"),
        ),
        True,
    ),
    Item(
        "flick-sensor",
        "LH-MOT-F1",
        "Flick Motion Sensor",
        "Light follows you down the hall",
        "So small that you forget where you put it. It tells day from night and people from curtains.",
        "safety",
        "honey",
        3900,
        310,
        ("120° view, seven metres", "Tells day from night", "Two years on one cell", "Magnet or tape"),
        (("Size", "4 cm across"), ("Power", "CR2450"), ("Radio", "Thread"), ("In the box", "Sensor, magnet, tape")),
        False,
    ),
    Item(
        "drip-sensor",
        "LH-LEK-D1",
        "Drip Leak Sensor",
        "A drop is enough",
        "Slide it under the washing machine and forget about it. At the first drop it calls out, by itself and "
        "through every lamp in the house.",
        "safety",
        "mist",
        3500,
        180,
        ("Hears a single drop", "85 dB, and your phone", "Also warns of frost", "Five years on one cell"),
        (("Size", "6 cm across"), ("Power", "CR2477"), ("Radio", "Thread"), ("In the box", "Sensor, 1 m probe")),
        False,
    ),
    Item(
        "whisper-alarm",
        "LH-SMK-W1",
        "Whisper Smoke Alarm",
        "Speaks before it shouts",
        "It says which room, in words, and lights the way out. A wave of the hand settles the matter of the toast.",
        "safety",
        "clay",
        7900,
        0,
        ("Says which room it is", "Ten years, sealed", "Lights the way out", "A wave silences burnt toast"),
        (
            ("Size", "12 × 4 cm"),
            ("Power", "Sealed, ten years"),
            ("Radio", "Thread"),
            ("In the box", "Alarm, plate, screws"),
        ),
        False,
    ),
    Item(
        "tap-plug",
        "LH-PLG-T1",
        "Tap Smart Plug",
        "Any lamp, any time, at a tap",
        "Makes the lamp you already love a clever one, and tells you what the old freezer really costs.",
        "control",
        "pine",
        2500,
        500,
        ("Measures to the tenth of a watt", "Leaves the next socket free", "Up to 3,680 W", "Works offline"),
        (("Size", "5 × 5 × 6 cm"), ("Power", "Up to 16 A"), ("Radio", "Thread"), ("In the box", "One plug")),
        True,
    ),
    Item(
        "dial-remote",
        "LH-RMT-D1",
        "Dial Remote",
        "A knob for everything",
        "Press, turn, done. Lights, music, heating: the dial knows which room it is in. Guests understand it at once.",
        "control",
        "honey",
        4500,
        120,
        ("Press, turn, hold", "Sticks to any wall", "Machined aluminium", "Three years on two cells"),
        (("Size", "6 cm across"), ("Power", "2 × AAA"), ("Radio", "Thread"), ("In the box", "Dial, wall plate")),
        True,
    ),
)
