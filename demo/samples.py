"""The sample customers and orders, as data: replace them, or leave them out, to begin with an empty shop."""

from __future__ import annotations

from dataclasses import dataclass

from demo.store import Status


@dataclass(frozen=True)
class Person:
    """A sample customer; `note` is shown on the sign-in page to say what to try with them."""

    id: str
    name: str
    email: str
    locale: str
    phone: str
    street: str
    postcode: str
    city: str
    country: str
    note: str


PEOPLE: tuple[Person, ...] = (
    Person(
        "cus_mira",
        "Mira Okafor",
        "mira.okafor@example.com",
        "en",
        "+353 1 555 0101",
        "14 Lantern Row",
        "D08 K5P7",
        "Dublin",
        "Ireland",
        "A parcel is late, another arrived last week",
    ),
    Person(
        "cus_jonas",
        "Jonas Lindqvist",
        "jonas.lindqvist@example.com",
        "en",
        "+46 8 5555 0102",
        "Fyrgatan 8",
        "118 26",
        "Stockholm",
        "Sweden",
        "Ordered yesterday, can still cancel",
    ),
    Person(
        "cus_priya",
        "Priya Raman",
        "priya.raman@example.com",
        "en",
        "+353 1 555 0103",
        "3 Harbour Steps",
        "D02 X285",
        "Dublin",
        "Ireland",
        "A return is under way",
    ),
    Person(
        "cus_tomas",
        "Tomás Herrera",
        "tomas.herrera@example.com",
        "es",
        "+34 910 55 01 04",
        "Calle del Faro 21",
        "28012",
        "Madrid",
        "Spain",
        "An order is waiting to be packed",
    ),
    Person(
        "cus_aiko",
        "Aiko Tanaka",
        "aiko.tanaka@example.com",
        "en",
        "+31 20 555 0105",
        "Prinsenkade 77",
        "1013 AB",
        "Amsterdam",
        "Netherlands",
        "Loyal for a year, five orders",
    ),
    Person(
        "cus_lena",
        "Lena Baumann",
        "lena.baumann@example.com",
        "de",
        "+49 30 5555 0106",
        "Lindenhof 5",
        "10435",
        "Berlin",
        "Germany",
        "A refund was paid, a parcel is very late",
    ),
    Person(
        "cus_samuel",
        "Samuel Osei",
        "samuel.osei@example.com",
        "en",
        "+353 21 555 0107",
        "9 Kiln Lane",
        "T12 W3X8",
        "Cork",
        "Ireland",
        "Cancelled once, refund still pending",
    ),
    Person(
        "cus_chloe",
        "Chloé Marchand",
        "chloe.marchand@example.com",
        "fr",
        "+33 1 55 55 01 08",
        "12 rue des Tisons",
        "69001",
        "Lyon",
        "France",
        "New here, has not ordered yet",
    ),
)


@dataclass(frozen=True)
class Sample:
    """A sample order: who, what, its state, and how many days ago it was placed and (if so) delivered.

    `due` is the promised day, counted from the seeding day; negative = already past.
    """

    number: int
    who: str
    items: tuple[tuple[str, int], ...]
    status: Status
    placed: int
    delivered: int | None = None
    due: int | None = None
    delay: str | None = None
    returned: str | None = None
    refund: str | None = None


P, K, S, D, C, R = (Status.PLACED, Status.PACKED, Status.SHIPPED, Status.DELIVERED, Status.CANCELLED, Status.RETURNED)
STORM = "A storm has closed the ferry route; parcels wait at the port."
SORTING = "The carrier sent it to the wrong depot; it is on its way back."

SAMPLES: tuple[Sample, ...] = (
    Sample(100201, "cus_aiko", (("hearth-hub", 1), ("lumen-bulb", 4)), D, 362, 358),
    Sample(100203, "cus_mira", (("ember-thermostat", 1),), D, 320, 316),
    Sample(100206, "cus_lena", (("glow-lamp", 1),), R, 250, 246, returned="Too big for the shelf", refund="paid"),
    Sample(100208, "cus_aiko", (("lumen-strip", 2),), D, 231, 228),
    Sample(100209, "cus_samuel", (("tap-plug", 4),), D, 205, 201),
    Sample(100211, "cus_priya", (("hearth-hub", 1), ("flick-sensor", 3)), D, 180, 176),
    Sample(100214, "cus_jonas", (("halo-pendant", 1),), D, 151, 147),
    Sample(100216, "cus_aiko", (("ember-valve", 5),), D, 122, 118),
    Sample(100218, "cus_tomas", (("nook-camera", 2),), D, 96, 91),
    Sample(100219, "cus_lena", (("porchlight-doorbell", 1),), D, 80, 74),
    Sample(100221, "cus_samuel", (("keystone-lock", 1),), D, 61, 57),
    Sample(100223, "cus_mira", (("lumen-bulb", 6), ("dial-remote", 1)), D, 48, 44),
    Sample(100225, "cus_priya", (("breeze-purifier", 1),), R, 41, 36, returned="Louder than I hoped", refund="pending"),
    Sample(100226, "cus_tomas", (("drip-sensor", 2),), D, 30, 26),
    Sample(100228, "cus_aiko", (("glow-lamp", 2),), D, 24, 20),
    Sample(100229, "cus_jonas", (("flick-sensor", 2), ("lumen-bulb", 2)), D, 19, 15),
    Sample(100231, "cus_lena", (("ember-thermostat", 1), ("ember-valve", 3)), S, 14, due=-6, delay=STORM),
    Sample(100232, "cus_mira", (("nook-camera", 1), ("tap-plug", 2)), D, 12, 7),
    Sample(100233, "cus_priya", (("keystone-lock", 1),), D, 10, 5, returned="The cylinder is too short"),
    Sample(100234, "cus_mira", (("glow-lamp", 1), ("lumen-bulb", 2)), S, 8, due=-2, delay=SORTING),
    Sample(100236, "cus_samuel", (("porchlight-doorbell", 1),), C, 6, refund="pending"),
    Sample(100238, "cus_aiko", (("dial-remote", 2),), S, 3, due=1),
    Sample(100240, "cus_tomas", (("ember-thermostat", 1),), K, 2, due=3),
    Sample(100241, "cus_samuel", (("lumen-strip", 1), ("tap-plug", 1)), K, 1, due=3),
    Sample(100243, "cus_jonas", (("hearth-hub", 1), ("tap-plug", 3)), P, 1, due=4),
    Sample(
        100244, "cus_lena", (("whisper-alarm", 2),), P, 5, due=-1, delay="The alarm is out of stock; more on Friday."
    ),
)
