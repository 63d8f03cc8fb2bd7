"""The full-text index of the search: a virtual table, which no model stands for."""

from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # It holds the stems alone: what is shown is in search_document, under the same number.
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5("
        "names, aliases, outline, body, content='', columnsize=0, tokenize='unicode61')"
    )


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
