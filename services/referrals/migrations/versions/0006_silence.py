"""How long an agency may be silent, in each referral of the states: none was told with its request yet."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""update state set document = jsonb_set(document, '{referrals}', (
select jsonb_agg(one || '{"silence_days": null}' order by number)
from jsonb_array_elements(document -> 'referrals') with ordinality as referral(one, number)))
where jsonb_array_length(document -> 'referrals') > 0""")


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
