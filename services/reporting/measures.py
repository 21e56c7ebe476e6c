"""Every count of domain.md section 6 by office, and by department, agency, sex and age band: SQL over the dated facts.

`counted` has a row for each person (or referral) that a figure of a month counts, `shared` those that an agency has a
part in: what both agencies placed is counted at each of them (8.13). By sex and age everybody is in one value, those of
departments and agencies overlap. Months follow on each other; the first is there for the stock before the next.
"""

from typing import Final

from services.reporting import queries

_STOCK: Final = """
, fit as (  -- by the assessment of the latest day, of whichever record; of one day by the last of the canonical one
  select person_id, bit_or(days_within(since, until, cast(:days as date[]))) as days
  from (select coalesce(a.canonical_id, t.person_id) as person_id, able, assessed_on as since,
          lead(assessed_on, 1, 'infinity') over (partition by coalesce(a.canonical_id, t.person_id)
            order by assessed_on, a.person_id is null, sequence) as until
        from assessment t left join alias a using (person_id)
        where t.person_id not in (select person_id from void)) s
  where able group by 1),
guarded as (  -- protected: of several clearings of one protection the last told is true
  select coalesce(a.canonical_id, p.person_id) as person_id,
    bit_or(days_within(p.valid_from, least(p.valid_until + 1, c.cleared_on, 'infinity'), cast(:days as date[]))) as days
  from protection p left join (
    select distinct on (protection_id) protection_id, cleared_on from protection_clearing
    order by protection_id, sequence desc) c using (protection_id)
  left join alias a on a.person_id = p.person_id group by 1),
ended as (
  select distinct on (placement_id) placement_id, ended_on from placement_end order by placement_id, sequence desc),
measure as (  -- in an agency's service, in a job scheme, or in a qualification measure
  select coalesce(a.canonical_id, m.person_id) as person_id, bit_or(m.days) as days from (
    select person_id, days_within(moved_on, until, cast(:days as date[])) as days
    from referral_stay where state = 'in_service'
    union all
    select j.person_id, days_within(j.started_on, coalesce(e.ended_on, 'infinity'), cast(:days as date[]))
    from job j left join ended e using (placement_id) where j.kind in ('job_scheme', 'qualification_measure')) m
  left join alias a using (person_id) group by 1),
able as (
  select r.person_id, r.days & f.days as days, coalesce(g.days, 0) as guarded
  from recipient r join fit f using (person_id) left join guarded g using (person_id)),
step as (  -- a month and the one before it
  select month, on_day, day, lag(day) over (order by on_day) as day_before from reference),
stock as (
  select 'recipients' as figure, person_id, days from recipient
  union all select 'able_to_work', person_id, days from able
  union all select 'able_unprotected', person_id, days & ~guarded from able
  union all select 'activated', a.person_id, a.days & ~a.guarded & m.days from able a join measure m using (person_id)
  union all select 'cases_open', person_id, days from open_case)
"""

_MOVES: Final = """
, asked as (  -- referrals of persons as they count, with the days of what became of them
  select coalesce(a.canonical_id, m.person_id) as person_id, m.referral_id, min(m.agency) as agency,
    min(m.moved_on) filter (where m.state = 'requested') as requested_on,
    min(m.moved_on) filter (where m.state = 'accepted') as accepted_on,
    min(m.moved_on) filter (where m.state = 'expired') as expired_on,
    min(m.moved_on) filter (where m.state = 'rejected') as rejected_on,
    min(m.declined_by) filter (where m.state = 'rejected') as declined_by,
    min(m.moved_on) filter (where m.state in ('rejected', 'completed', 'failed', 'discontinued')) as answered_on
  from referral_move m left join alias a using (person_id)
  where m.person_id not in (select person_id from void) group by 1, 2),
referred as (  -- figure, day, person, agency: one row a referral
  select 'referrals_requested' as figure, requested_on as on_day, person_id, agency from asked
  union all select 'referrals_accepted', accepted_on, person_id, agency from asked
  union all select 'referrals_expired', expired_on, person_id, agency from asked
  union all select 'referrals_declined_by_' || declined_by, rejected_on, person_id, agency from asked
  union all select 'loops_answered', requested_on, person_id, agency from asked where answered_on <= requested_on + 90
  union all select 'loops_due', requested_on, person_id, agency from asked where requested_on + 90 <= :as_of
  union all select 'loops_closed', requested_on, person_id, agency from asked
    where requested_on + 90 <= :as_of and answered_on <= requested_on + 90),
begun as (  -- jobs once each, whoever told them
  select month, day, person_id, started_on, kind, employer_id, bool_or(integration) as integration
  from placement where started_on <= :as_of group by 1, 2, 3, 4, 5, 6),
planned as (  -- plans with the day of the first request after them
  select coalesce(a.canonical_id, p.person_id) as person_id, p.agreed_on,
    (select min(q.requested_on) from asked q
     where q.person_id = coalesce(a.canonical_id, p.person_id) and q.requested_on >= p.agreed_on) as requested_on
  from plan_agreement p left join alias a using (person_id)
  where p.person_id not in (select person_id from void))
"""

_COUNTED: Final = """
, counted as (
  select s.figure, r.month, r.day, s.person_id from stock s join reference r on s.days & r.day <> 0
  union all
  select distinct 'distinct_recipients', r.month, r.day, b.person_id
  from aid b join reference r on b.since <= r.on_day and b.until > date_trunc('month', r.on_day)::date
  union all
  select 'exits', s.month, s.day, p.person_id
  from recipient p join step s on p.days & s.day_before <> 0 and p.days & s.day = 0
  union all
  select distinct 'integrations', month, day, person_id from begun where integration
  union all
  select 'placements', month, day, person_id from begun
  union all
  select kind || 's', month, day, person_id from begun
  where kind in ('job_scheme', 'minor_job', 'qualification_measure')
  union all
  select 'jobs_beside_aid', month, day, person_id from begun where kind = any(:integrations) and not integration
  union all
  select 'sustained_' || months || '_' || outcome, month, day, person_id from matured
  union all
  select f.figure, r.month, r.day, f.person_id
  from referred f join reference r on r.month = to_char(f.on_day, 'YYYY-MM') and f.on_day <= r.on_day
  union all
  select case when p.requested_on is null then 'plans_never_referred' else 'plans_referred' end,
    r.month, r.day, p.person_id
  from planned p join reference r on r.month = to_char(p.agreed_on, 'YYYY-MM') and p.agreed_on <= r.on_day),
shared as (
  select f.figure, r.month, r.day, f.person_id, f.agency
  from referred f join reference r on r.month = to_char(f.on_day, 'YYYY-MM') and f.on_day <= r.on_day
  union all
  select distinct 'integrations', month, day, person_id, agency from placement
  where integration and credited and started_on <= :as_of
  union all
  select 'placements', month, day, person_id, agency
  from (select distinct month, day, person_id, started_on, kind, employer_id, agency
        from placement where credited and started_on <= :as_of) told)
"""

_TOTALS: Final = """
select c.figure, c.month, o.office, '' as dimension, '' as value, count(*) as number
from counted c join office_of o on o.person_id = c.person_id and o.days & c.day <> 0 group by 1, 2, 3
"""

_BREAKDOWN: Final = """
, trait as (  -- of corrections the last told is true
  select person_id,
    (array_agg(sex order by sequence desc) filter (where sex is not null))[1] as sex,
    (array_agg(birth_month order by sequence desc) filter (where birth_month is not null))[1] as birth_month
  from characteristic group by 1),
looked_after as (
  select t.person_id, days_within(t.since, t.until, cast(:days as date[])) as days, d.department
  from (select person_id, departments, since, lead(since, 1, 'infinity') over (
          partition by person_id order by since, sequence) as until from triage) t,
    unnest(string_to_array(t.departments, ',')) as d(department)),
placed as (
  select c.figure, c.month, c.person_id, c.day, o.office
  from counted c join office_of o on o.person_id = c.person_id and o.days & c.day <> 0),
described as (
  select p.figure, p.month, p.office, t.sex,
    case when age < 15 then '0-14' when age < 25 then '15-24' when age < 55 then '25-54' when age < 65 then '55-64'
         else '65-and-over' end as band
  from placed p join reference r using (month) join trait t using (person_id),
    extract(year from age(r.on_day, to_date(t.birth_month, 'YYYY-MM'))) as age)
select figure, month, office, case when grouping(sex) = 0 then 'sex' else 'age_band' end,
  case when grouping(sex) = 0 then sex else band end, count(*)
from described group by grouping sets ((figure, month, office, sex), (figure, month, office, band))
union all
select p.figure, p.month, p.office, 'department', l.department, count(*)
from placed p join looked_after l on l.person_id = p.person_id and l.days & p.day <> 0 group by 1, 2, 3, 5
union all
select s.figure, s.month, o.office, 'agency', s.agency, count(*)
from shared s join office_of o on o.person_id = s.person_id and o.days & s.day <> 0 group by 1, 2, 3, 5
"""

_WAITS: Final = """
select r.month, o.office, p.requested_on - p.agreed_on as days, count(*) as number
from planned p join reference r on r.month = to_char(p.agreed_on, 'YYYY-MM') and p.agreed_on <= r.on_day
join office_of o on o.person_id = p.person_id and o.days & r.day <> 0 group by 1, 2, 3
"""

_DISTINCT: Final = """
select o.office, count(distinct b.person_id) as number
from aid b join reference r on r.month = :last join office_of o on o.person_id = b.person_id and o.days & r.day <> 0
where b.since <= r.on_day and b.until > cast(:first_day as date) group by 1
"""

_FACTS: Final = (
    queries.PERSONS
    + queries.BY_OFFICE_OF_PERSONS
    + queries.AID
    + queries.OPEN_CASES
    + queries.REFERRAL_STAYS
    + queries.JOBS
    + queries.MATURED
    + _STOCK
    + _MOVES
)


def _statement(*parts: str) -> str:
    return "".join((_FACTS, *parts)).replace(":as_of", "cast(:as_of as date)")


TOTALS: Final = _statement(_COUNTED, _TOTALS)
"""Rows: figure, month, office, '', '', number."""
BREAKDOWN: Final = _statement(_COUNTED, _BREAKDOWN)
"""Rows: figure, month, office, dimension, value, number."""
WAITS: Final = _statement(_WAITS)
"""Plans by month, office and the days to the first request (null: none so far)."""
DISTINCT: Final = _statement(_DISTINCT)
"""Persons with aid on any day from `:first_day` to the reference day of month `:last`, at their office on that day."""
