"""The record of erasures"""

import sqlalchemy as sa
from alembic import op

import bot.store.base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rp_erasure",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked_by", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("asked_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("done_at", bot.store.base.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rp_erasure")),
    )


def downgrade() -> None:
    op.drop_table("rp_erasure")
