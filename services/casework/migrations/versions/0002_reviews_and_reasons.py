"""When a case's plan is to be reviewed, beside the case; why an office changed, in the states."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_REVIEWS = """update cases set review_on = (known.one -> 'plan' ->> 'review_on')::date
from (select jsonb_array_elements(document -> 'casework' -> 'cases') as one from state) known
where known.one ->> 'case_id' = cases.case_id"""
_REASONS = """update state set document = jsonb_set(document, '{intake,offices}', filled.offices)
from (
  select s.subject, jsonb_agg(o.value || jsonb_build_object('reason', t.reason) order by o.number) as offices
  from state s
  cross join lateral jsonb_array_elements(s.document -> 'intake' -> 'offices') with ordinality o(value, number)
  left join lateral (
    select data ->> 'reason' as reason from timeline
    where person_id = s.subject and type in ('ClientRegistered', 'OfficeChanged')
      and occurred_on = (o.value ->> 'since')::date
    order by sequence desc limit 1) t on true
  group by s.subject) filled
where filled.subject = state.subject"""


def upgrade() -> None:
    op.add_column("cases", sa.Column("review_on", sa.Date, nullable=True))
    op.create_index("ix_cases_review_on", "cases", ["review_on"])
    op.execute(_REVIEWS)
    op.execute(_REASONS)


def downgrade() -> None:
    raise NotImplementedError("a service's database goes forward only: restore a backup instead")
