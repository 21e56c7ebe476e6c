"""The figures of domain.md section 6 as SQL over the dated facts: one statement each, for any number of months.

Each gives rows by month and office. A month's reference day decides who is in stock, and by the address on that day
where everything of the month counts (8.10): one person is in one office a month, and offices add up to the city. Merged
records are one person on all days, from the moment the merge is known and until it is undone.
"""

from typing import Final

from contracts.words import INTEGRATIONS

FACTS: Final = """
with recursive reference as (
  select * from unnest(cast(:months as text[]), cast(:days as date[])) as r(month, day)),
link as (  -- merges in force
  select loser_id, survivor_id from client_merge m
  where not exists (select from client_unmerge u where u.merge_id = m.merge_id)),
climb(person_id, canonical_id) as (
  select loser_id, survivor_id from link
  union select c.person_id, l.survivor_id from climb c join link l on l.loser_id = c.canonical_id),
alias as (  -- merged records, each with the one it leads to
  select person_id, min(canonical_id) as canonical_id from climb
  where canonical_id not in (select loser_id from link) group by person_id),
void as (  -- records that should never have been
  select person_id from departure where reason = 'void'),
office_span as (  -- before the first known day the first office is responsible
  select person_id, office,
    case when row_number() over w = 1 then '-infinity' else since end as since,
    lead(since, 1, 'infinity') over w as until
  from responsible_office window w as (partition by person_id order by since, sequence)),
household_span as (
  select person_id, household_id, head,
    case when row_number() over w = 1 then '-infinity' else since end as since,
    lead(since, 1, 'infinity') over w as until
  from household_membership window w as (partition by person_id order by since, sequence))
"""

BOOKS: Final = """
select (select min(registered_on) from registration where person_id not in
          (select person_id from departure where reason = 'void')),
       (select today from business_day),
       (select count(*) from parked_subject),
       (select coalesce(sum(last), 0)::bigint from ledger where topic = any(:topics))
"""
"""First registration, last day started, parked subjects, distinct events (a ledger row holds a subject's last)."""

STOCK: Final = """
, benefit_span as (  -- of several ends of one benefit the last told is true
  select b.person_id, b.since, coalesce(e.ended_on, 'infinity') as until
  from benefit_start b left join (
    select distinct on (benefit_id) benefit_id, ended_on from benefit_end order by benefit_id, sequence desc) e
  using (benefit_id)
  where b.person_id not in (select person_id from void)),
recipient as (
  select distinct r.day, coalesce(a.canonical_id, b.person_id) as person_id
  from benefit_span b left join alias a using (person_id) join reference r on b.since <= r.day and r.day < b.until),
located as materialized (  -- whoever is in no household is one
  select r.day, r.person_id, o.office, coalesce(h.household_id, r.person_id) as household_id, h.head
  from recipient r
  left join office_span o on o.person_id = r.person_id and o.since <= r.day and r.day < o.until
  left join household_span h on h.person_id = r.person_id and h.since <= r.day and r.day < h.until),
household as (  -- counts where its head lives; without a head among the recipients, at the first of their offices
  select day, household_id, coalesce(min(office) filter (where head), min(office)) as office
  from located group by day, household_id)
select r.month, s.office, sum(s.persons)::bigint, sum(s.households)::bigint
from (select day, office, count(*) as persons, 0 as households from located group by day, office
      union all select day, office, 0, count(*) from household group by day, office) s
join reference r using (day) group by r.month, s.office
"""
"""Persons with a benefit in force on the reference day, and their households."""

EXPENDITURE: Final = """
, paid as (
  select r.month, r.day, coalesce(a.canonical_id, p.person_id) as person_id, p.kind, p.currency, sum(p.minor) as minor
  from payment p join reference r using (month) left join alias a using (person_id) group by 1, 2, 3, 4, 5)
select p.month, o.office, p.kind, p.currency, sum(p.minor)::bigint
from paid p left join office_span o on o.person_id = p.person_id and o.since <= p.day and p.day < o.until
group by p.month, o.office, p.kind, p.currency
"""
"""What was paid for a month, by kind and currency, at the office of the household's head."""

REGISTERED: Final = """
, registered as (
  select distinct r.month, r.day, coalesce(a.canonical_id, g.person_id) as person_id
  from registration g left join alias a using (person_id) join reference r on g.registered_on <= r.day
  where g.person_id not in (select person_id from void))
select g.month, o.office, count(*)
from registered g left join office_span o on o.person_id = g.person_id and o.since <= g.day and g.day < o.until
group by g.month, o.office
"""
"""Persons ever registered, up to the reference day."""

CASES: Final = """
, case_span as (  -- a move holds until a move told later takes effect
  select person_id, is_open, moved_on as since, coalesce(min(moved_on) over (partition by case_id order by sequence
    rows between 1 following and unbounded following), 'infinity') as until
  from case_move where person_id not in (select person_id from void)),
open_case as (
  select distinct r.month, r.day, coalesce(a.canonical_id, c.person_id) as person_id
  from case_span c left join alias a using (person_id) join reference r on c.since <= r.day and r.day < c.until
  where c.is_open)
select c.month, o.office, count(*)
from open_case c left join office_span o on o.person_id = c.person_id and o.since <= c.day and c.day < o.until
group by c.month, o.office
"""
"""Persons with an open case on the reference day."""

REFERRALS: Final = """
, referral_span as (
  select coalesce(a.canonical_id, m.person_id) as person_id, state, moved_on as since,
    coalesce(min(moved_on) over (partition by referral_id order by sequence
      rows between 1 following and unbounded following), 'infinity') as until
  from referral_move m left join alias a using (person_id))
select r.month, o.office, s.state, count(*)
from referral_span s join reference r on s.since <= r.day and r.day < s.until
left join office_span o on o.person_id = s.person_id and o.since <= r.day and r.day < o.until
group by r.month, o.office, s.state
"""
"""All referrals ever drafted, by their state on the reference day."""

PLACEMENTS: Final = """
, job as (  -- one job reported by both agencies is one placement (8.13)
  select distinct r.month, r.day, coalesce(a.canonical_id, c.person_id) as person_id,
    c.started_on, p.kind, p.employer_id
  from placement_confirmation c join placement_report p using (placement_id)
  join reference r on r.month = to_char(c.started_on, 'YYYY-MM') and c.started_on <= r.day
  left join alias a on a.person_id = c.person_id
  where c.placement_id not in (select placement_id from placement_void)
    and c.person_id not in (select person_id from void))
select j.month, o.office, count(*), count(distinct j.person_id) filter (where j.kind = any(:integrations))
from job j left join office_span o on o.person_id = j.person_id and o.since <= j.day and j.day < o.until
group by j.month, o.office
"""
"""Confirmed placements that started in the month, up to the reference day; integrations: one a person and month."""

SUSTAINED: Final = """
, check_of as (  -- six months may be told of one placement, twelve of another
  select c.placement_id, n.months, coalesce(s.outcome, 'unknown') as outcome
  from placement_confirmation c cross join (values (6), (12)) n(months)
  left join sustainment_check s
    on s.placement_id = c.placement_id and s.months = n.months and s.checked_on <= cast(:as_of as date)
  where c.placement_id not in (select placement_id from placement_void)
    and c.person_id not in (select person_id from void)),
integration as (
  select r.month, r.day, coalesce(a.canonical_id, p.person_id) as person_id, k.months,
    case when bool_or(k.outcome = 'sustained') then 'sustained' when bool_or(k.outcome = 'failed') then 'failed'
         else 'unknown' end as outcome
  from check_of k join placement_confirmation c using (placement_id) join placement_report p using (placement_id)
  join reference r on r.month = to_char(c.started_on, 'YYYY-MM')
  left join alias a on a.person_id = p.person_id
  where p.kind = any(:integrations) and c.started_on + make_interval(months => k.months) <= cast(:as_of as date)
  group by 1, 2, 3, 4)
select i.month, o.office, i.months, i.outcome, count(*)
from integration i left join office_span o on o.person_id = i.person_id and o.since <= i.day and i.day < o.until
group by i.month, o.office, i.months, i.outcome
"""
"""Integrations that started in the month, by outcome after 6 and 12 months, where that time is over."""

INTEGRATION_KINDS: Final = sorted(kind.value for kind in INTEGRATIONS)
