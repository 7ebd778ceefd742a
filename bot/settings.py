"""Every setting of the product: environment variables or `.env`, prefix `RAPPORT_`, each with its default."""

import secrets
from functools import cached_property
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.business_hours import parse_hours
from bot.domain.networks import parse_networks

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where `config.yml`, `data/` and `models/` lie."""


class Settings(BaseSettings):
    """What an operator may set. Nothing is read or made at import; `load_settings` does it."""

    model_config = SettingsConfigDict(
        env_prefix="RAPPORT_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data: Path = Field(default=ROOT / "var", description="Folder for databases, uploads, logs and secrets.")
    host: str = Field(default="127.0.0.1", description="Address the gateway listens on.")
    # Five ports after it are the other processes', unless they are set apart.
    port: int = Field(default=8080, ge=1, le=65530, description="The public port, of the gateway.")
    worker_port: int = Field(default=0, ge=0, le=65535, description="Loopback port of the worker; 0: port + 1.")
    rasa_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Loopback port of Rasa; 0: port + 2 (and + 3 while switching models).",
    )
    shop_port: int = Field(default=0, ge=0, le=65535, description="Port of the demo shop; 0: port + 4.")
    hint_port: int = Field(
        default=0, ge=0, le=65535, description="Loopback port where the gateway hears hints; 0: port + 5."
    )

    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the store; empty: SQLite in the data folder. `postgresql://..` for PostgreSQL.",
    )
    tracker_url: str = Field(default="", description="URL of Rasa's tracker store; empty: SQLite in the data folder.")
    redis_url: str = Field(
        default="",
        description="Redis for rate limits shared by several gateways; empty or away: each counts in its memory.",
    )
    public_url: str = Field(default="", description="The address customers see; empty: http://host:port.")
    sites: str = Field(default="", description="Further origins allowed to embed the widget, separated by commas.")
    identity_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Secret of the identity JWT; empty: made and kept in the data folder.",
    )
    identity_secret_before: SecretStr = Field(
        default=SecretStr(""),
        description="An older identity secret, accepted too while the site's servers change over.",
    )
    orders_url: str = Field(default="", description="Base URL of the shop's orders API; empty: the demo shop.")
    orders_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token for the orders API; empty: made and kept in the data folder.",
    )
    shop_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Standard Webhooks secret (`whsec_..`) of the shop's events; empty: made and kept.",
    )
    internal_token: SecretStr = Field(
        default=SecretStr(""),
        description="Secret between our own processes; empty: made and kept in the data folder.",
    )
    smtp_url: str = Field(
        default="",
        description="`smtp://user:password@host:port`; empty: e-mails stay in the outbox and show in the desk only.",
    )
    mail_from: str = Field(default="Support <support@example.com>", description="Sender of e-mails.")

    company: str = Field(default="Lumen & Hearth", description="The company's name in every text.")
    support_email: str = Field(default="help@lumenandhearth.example", description="Address named in texts.")
    order_example: str = Field(default="LH-100234", description="What an order number looks like, in texts.")
    demo: bool = Field(default=True, description="Run the demo shop and show it at `/`.")
    time_zone: str = Field(default="Europe/London", description="Time zone of the support team's hours.")
    opening_hours: str = Field(default="Mon-Sun 00:00-24:00", description="When agents are on duty.")
    reply_time: str = Field(default="one working day", description="The reply time stated when nobody is on duty.")

    turn_timeout_s: float = Field(
        default=8.0, gt=0, description="Seconds a bot turn may take before the customer is told."
    )
    reopen_hours: float = Field(default=72, gt=0, description="Hours in which a new message reopens a resolved case.")
    assume_resolved_hours: float = Field(
        default=24, gt=0, description="Hours after which an unconfirmed solution counts as assumed resolved."
    )
    fcr_window_days: float = Field(
        default=7,
        gt=0,
        description="Days without another contact for first contact resolution and containment.",
    )
    return_days: int = Field(
        default=30, ge=0, description="Days after delivery to return something, where the shop gives no date."
    )
    warranty_months: int = Field(
        default=24, ge=0, description="Months of warranty after delivery, where the shop gives no date."
    )
    recovery_hours: float = Field(default=48, gt=0, description="Hours until a recovery case is due.")
    referral_reward: int = Field(
        default=1000, ge=0, description="Reward of the advocate, in minor units of the currency."
    )
    friend_reward: int = Field(default=1000, ge=0, description="The friend's offer, in minor units of the currency.")
    currency: str = Field(default="EUR", min_length=3, max_length=3, description="Currency of rewards.")
    review_sites: str = Field(
        default="Trustpilot=https://www.trustpilot.com/evaluate/example.com",
        description="Review sites, `Name=URL`, separated by spaces.",
    )
    ask_hours: float = Field(default=24, ge=0, description="Hours between any two asks.")
    survey_days: float = Field(default=7, ge=0, description="Days between two transactional surveys.")
    nps_days: float = Field(default=90, ge=0, description="Days between two NPS surveys.")

    send_limit: int = Field(default=30, ge=1, description="Messages a conversation may send in 10 s.")
    frame_limit: int = Field(
        default=150, ge=10, description="Frames of any kind a socket may send in 10 s before it is closed."
    )
    bad_frame_limit: int = Field(
        default=100, ge=1, description="Frames that cannot be used a socket may send in 10 s before it is closed."
    )
    poll_limit: int = Field(
        default=60, ge=5, description="Questions for news a conversation may ask over HTTP in 10 s."
    )
    opening_limit: int = Field(
        default=200, ge=1, description="Openings taken in a second; beyond them the answer is 503 with Retry-After."
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of reverse proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    open_limit: int = Field(
        default=300, ge=1, description="Socket openings a minute from one address; loopback exempt."
    )
    upload_mb: int = Field(default=10, ge=1, le=100, description="Megabytes one uploaded file may have.")
    upload_per_message: int = Field(default=5, ge=1, le=10, description="Files that may go with one message.")
    upload_per_day: int = Field(default=30, ge=1, description="Files a conversation may upload in 24 hours.")
    upload_reserve_mb: int = Field(
        default=500, ge=0, description="Megabytes of disk that uploads leave free; with less no file is taken."
    )
    upload_scanner: str = Field(
        default="",
        description="Command that looks at each uploaded file, its path appended; exit code 0: clean, 1: refused.",
    )
    token_days: float = Field(default=30, gt=0, description="Days a visitor token lives after its last use.")
    job_days: float = Field(default=30, gt=0, description="Days a job is kept after it was done.")
    rasa_python: str = Field(
        default="",
        validation_alias=AliasChoices("RASA_PYTHON", "RAPPORT_RASA_PYTHON"),
        description="A Python 3.10 for Rasa (`RASA_PYTHON`); empty: found.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        parse_hours("always", value)
        return value

    @field_validator("opening_hours")
    @classmethod
    def _readable_hours(cls, value: str) -> str:
        parse_hours(value, "UTC")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _readable_networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "sqlite+", "postgresql:", "postgresql+", "postgres:")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @field_validator("public_url", "orders_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http://)")
        return value

    @cached_property
    def ports(self) -> "Ports":
        return Ports(self)

    @property
    def store_url(self) -> str:
        """The store's URL with its async driver written in."""
        url = self.database_url or f"sqlite:///{self.data / 'rapport.db'}"
        for plain, driven in (
            ("postgresql://", "postgresql+psycopg://"),
            ("postgres://", "postgresql+psycopg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return driven + url.removeprefix(plain)
        return url

    @property
    def origin(self) -> str:
        """The public address, without a trailing slash."""
        return (self.public_url or self.local_url).rstrip("/")

    @property
    def local_url(self) -> str:
        """Where this machine itself reaches the gateway; an address that means "all" is asked by loopback."""
        shown = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 -- compared, not bound
        return f"http://{shown}:{self.port}"

    @property
    def shop_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.shop}"

    @property
    def orders_base(self) -> str:
        return (self.orders_url or self.shop_url).rstrip("/")

    def secret(self, name: str) -> str:
        """A secret by its setting's name: the one set, else one made once and kept in the data folder, mode 600.

        Raises OSError when the data folder cannot be written.
        """
        value: SecretStr = getattr(self, name)
        if value.get_secret_value():
            return value.get_secret_value()
        path = self.data / "secrets" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = _make_secret(name)
            # An exclusive open: of two processes starting at once, one makes the secret and both read it.
            try:
                with path.open("x") as file:
                    path.chmod(0o600)
                    file.write(made)
            except FileExistsError:
                pass
        return path.read_text().strip()


class Ports:
    """The five ports, each from its setting or counted from the public one."""

    def __init__(self, settings: Settings) -> None:
        self.gateway = settings.port
        self.worker = settings.worker_port or settings.port + 1
        self.rasa = settings.rasa_port or settings.port + 2
        self.rasa_next = self.rasa + 1
        self.shop = settings.shop_port or settings.port + 4
        self.hints = settings.hint_port or settings.port + 5


def _make_secret(name: str) -> str:
    if name == "shop_secret":
        import base64

        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(48)


def load_settings(**overrides: object) -> Settings:
    """Read the settings; arguments win over the environment, the environment over `.env`."""
    return Settings(**{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]  # pydantic validates
