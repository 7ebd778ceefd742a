"""The page a customer is on, and the one the case began on, with what the website tells of them"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rp_case", sa.Column("page", sa.JSON(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # A batch change of type casts, which makes a number of JSON text: the column is made anew instead.
        op.alter_column("rp_conversation", "page", new_column_name="address")
        op.add_column("rp_conversation", sa.Column("page", sa.JSON(), nullable=True))
        op.execute("UPDATE rp_conversation SET page = json_object('url', address) WHERE address IS NOT NULL")
        op.drop_column("rp_conversation", "address")
    else:
        op.execute(
            "ALTER TABLE rp_conversation ALTER COLUMN page TYPE json"
            " USING CASE WHEN page IS NULL THEN NULL ELSE json_build_object('url', page) END"
        )


def downgrade() -> None:
    op.drop_column("rp_case", "page")
    if op.get_bind().dialect.name == "sqlite":
        op.add_column("rp_conversation", sa.Column("address", sa.String(length=2000), nullable=True))
        op.execute("UPDATE rp_conversation SET address = json_extract(page, '$.url')")
        op.drop_column("rp_conversation", "page")
        op.alter_column("rp_conversation", "address", new_column_name="page")
    else:
        op.execute("ALTER TABLE rp_conversation ALTER COLUMN page TYPE varchar(2000) USING page ->> 'url'")
