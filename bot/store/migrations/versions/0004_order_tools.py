"""Failed proofs of ownership, the goodwill policy and its ledger"""

import sqlalchemy as sa
from alembic import op

import bot.store.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, bot.store.base.UTCDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "rp_failed_proof",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_rp_failed_proof")),
    )
    for column in ("conversation_id", "order_number"):
        op.create_index(op.f(f"ix_rp_failed_proof_{column}"), "rp_failed_proof", [column])
    op.create_table(
        "rp_goodwill_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=320), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rp_goodwill_policy")),
    )
    op.create_table(
        "rp_goodwill",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("beneficiary", sa.String(length=255), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("order_value", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=True),
        _time("reserved_at"),
        _time("accepted_at", nullable=True),
        _time("granted_at", nullable=True),
        _time("released_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rp_goodwill")),
    )
    for column in ("customer_id", "case_id", "month", "state"):
        op.create_index(op.f(f"ix_rp_goodwill_{column}"), "rp_goodwill", [column])
    op.create_index("ix_rp_goodwill_beneficiary_reserved_at", "rp_goodwill", ["beneficiary", "reserved_at"])
    op.create_index("uq_rp_goodwill_subject_reason", "rp_goodwill", ["subject", "reason"], unique=True)


def downgrade() -> None:
    for table in ("rp_goodwill", "rp_goodwill_policy", "rp_failed_proof"):
        op.drop_table(table)
