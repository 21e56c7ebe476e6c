"""Who is absent and whose cases a deputy has; the timeline without what optional fields say by default."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTEAD_OF = """update state set document = jsonb_set(document, '{casework,cases}', (
  select jsonb_agg(o.one || '{"instead_of": null}' order by o.number)
  from jsonb_array_elements(document -> 'casework' -> 'cases') with ordinality o(one, number)))
where jsonb_array_length(document -> 'casework' -> 'cases') > 0"""
_DEFAULTS = (
    ("ClientCorrected", "sex", "null"),
    ("ClientCorrected", "birth_month", "null"),
    ("ReferralRequested", "follows", "null"),
    ("CaseTransferred", "reason", "null"),
    ("CaseReopened", "reason", "null"),
    ("SuggestionMade", "placement_id", "null"),
    ("SuggestionMade", "merge_id", "null"),
    ("SuggestionMade", "reopenable", "false"),
    ("SuggestionSettled", "settled_by", "null"),
    ("ReferralDrafted", "follows", "null"),
    ("ReferralAccepted", "implied", "false"),
    ("StatusQueried", "placement_id", "null"),
    ("PlacementReported", "credited", "true"),
    ("PlacementReported", "supersedes", "null"),
    ("PlacementVoided", "superseded_by", "null"),
)


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("staff_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("returns_on", sa.Date, nullable=False),
        sa.Column("deputy", sa.Text(collation="C"), nullable=True),
        sa.Column("recorded_by", sa.Text(collation="C"), nullable=False),
    )
    op.add_column("cases", sa.Column("instead_of", sa.Text(collation="C"), nullable=True))
    op.execute(_INSTEAD_OF)
    for event, field, default in _DEFAULTS:
        op.execute(
            f"update timeline set data = data - '{field}' where type = '{event}' and data -> '{field}' = '{default}'"
        )


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
