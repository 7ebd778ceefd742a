"""Articles in the database"""

import sqlalchemy as sa
from alembic import op

import bot.store.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rp_article",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rp_article")),
    )
    op.create_table(
        "rp_article_version",
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["rp_article.id"], name=op.f("fk_rp_article_version_article_id_rp_article")
        ),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_rp_article_version")),
    )
    op.create_table(
        "rp_article_verdict",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.String(length=14), nullable=False),
        sa.Column("created_at", bot.store.base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["rp_case.id"], name=op.f("fk_rp_article_verdict_case_id_rp_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rp_article_verdict")),
        sa.UniqueConstraint(
            "article_id",
            "version",
            "case_id",
            "verdict",
            name=op.f("uq_rp_article_verdict_article_id_version_case_id_verdict"),
        ),
    )
    op.create_index(op.f("ix_rp_article_verdict_case_id"), "rp_article_verdict", ["case_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_rp_article_verdict_case_id"), table_name="rp_article_verdict")
    op.drop_table("rp_article_verdict")
    op.drop_table("rp_article_version")
    op.drop_table("rp_article")
