"""Files sent in a chat"""

import sqlalchemy as sa
from alembic import op

import bot.store.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rp_upload",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["rp_conversation.id"], name=op.f("fk_rp_upload_conversation_id_rp_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rp_upload")),
    )
    for column in ("conversation_id", "message_id", "created_at"):
        op.create_index(op.f(f"ix_rp_upload_{column}"), "rp_upload", [column])


def downgrade() -> None:
    op.drop_table("rp_upload")
