"""The figures of domain.md section 6 as SQL over the dated facts, computed together for any number of months.

A month's reference day decides who is in stock, and by the address on that day where everything of the month counts
(8.10): one person is in one office a month, and offices add up to the city. Merged records are one person on all days,
from the moment the merge is known and until it is undone. Reference days are bits of one number (`days_within` in
migrations/): what holds on several of them is found once, unions are `bit_or`, and a year costs what a month does.

Every part names its figure in its last table, whose rows are: month or days, office, up to two labels, and the number.
"""

from typing import Final

from contracts.words import INTEGRATIONS

BOOKS: Final = """
select (select min(registered_on) from registration r where not exists (select from departure d
          where d.person_id = r.person_id and d.reason = 'void' and d.sequence > r.sequence)),
       (select today from business_day),
       (select count(*) from parked_subject),
       (select coalesce(sum(last), 0)::bigint from ledger where topic = any(:topics))
"""
"""First registration, last day started, parked subjects, distinct events (a ledger row holds a subject's last)."""

PERSONS: Final = """
with recursive reference as (
  select month, on_day, 1::bigint << (n::int - 1) as day
  from unnest(cast(:months as text[]), cast(:days as date[])) with ordinality as r(month, on_day, n)),
link as (  -- merges in force
  select loser_id, survivor_id from client_merge m
  where not exists (select from client_unmerge u where u.merge_id = m.merge_id)),
climb(person_id, canonical_id) as (
  select loser_id, survivor_id from link
  union select c.person_id, l.survivor_id from climb c join link l on l.loser_id = c.canonical_id),
alias as materialized (  -- merged records, each with the one it leads to
  select person_id, min(canonical_id) as canonical_id from climb
  where canonical_id not in (select loser_id from link) group by person_id),
void as (  -- records that should never have been, and were not registered again since
  select person_id from departure d where reason = 'void' and not exists (
    select from registration r where r.person_id = d.person_id and r.sequence > d.sequence))
"""

BY_OFFICE_OF_PERSONS: Final = """
, own_office as (  -- before the first known day the first office is responsible
  select person_id, office, days_within(since, until, cast(:days as date[])) as days from (
    select person_id, office,
      case when row_number() over w = 1 then '-infinity' else since end as since,
      lead(since, 1, 'infinity') over w as until
    from responsible_office window w as (partition by person_id order by since, sequence)) span),
office_of as materialized (  -- a merged record is where the one is that it leads to
  select person_id, office, days from own_office where person_id not in (select person_id from alias) and days <> 0
  union all
  select a.person_id, o.office, o.days from alias a join own_office o on o.person_id = a.canonical_id where o.days <> 0)
"""

_AS_CITY: Final = """
, office_of as materialized (
  select distinct person_id, '' as office, -1::bigint as days from responsible_office)
"""

AID: Final = """
, aid as materialized (  -- of several ends of one benefit the last told is true
  select coalesce(a.canonical_id, b.person_id) as person_id, b.since, coalesce(e.ended_on, 'infinity') as until
  from benefit_start b left join (
    select distinct on (benefit_id) benefit_id, ended_on from benefit_end order by benefit_id, sequence desc) e
  using (benefit_id) left join alias a on a.person_id = b.person_id
  where b.person_id not in (select person_id from void)
  and b.since < coalesce(e.ended_on, 'infinity')),  -- what ended on its first day was never in force
recipient as (
  select person_id, bit_or(days) as days
  from (select person_id, days_within(since, until, cast(:days as date[])) as days from aid) held
  where days <> 0 group by 1)
"""

_RECIPIENTS: Final = """
, located as (
  select r.person_id, o.office, r.days & o.days as days
  from recipient r join office_of o using (person_id) where r.days & o.days <> 0),
recipients as (  -- persons with a benefit in force on the reference day
  select days, office, count(*) as number from located group by days, office)
"""

_HOUSEHOLDS: Final = """
, household_of as (
  select person_id, household_id, head, days_within(since, until, cast(:days as date[])) as days from (
    select person_id, household_id, head,
      case when row_number() over w = 1 then '-infinity' else since end as since,
      lead(since, 1, 'infinity') over w as until
    from household_membership window w as (partition by person_id order by since, sequence)) span),
housed as (  -- whoever is in no household is one
  select coalesce(h.household_id, l.person_id) as household_id, coalesce(h.head, true) as head, l.office,
    l.days & coalesce(h.days, -1) as days
  from located l left join household_of h using (person_id) where l.days & coalesce(h.days, -1) <> 0),
headed as (
  select household_id, office, bit_or(days) as days, coalesce(bit_or(days) filter (where head), 0) as led
  from housed group by household_id, office),
household as (  -- counts where its head lives; without a head among the recipients, at the first of their offices
  select office, (led & ~coalesce(bit_or(led) over earlier, 0))
      | (days & ~bit_or(led) over every & ~coalesce(bit_or(days) over earlier, 0)) as days
  from headed window every as (partition by household_id),
    earlier as (partition by household_id order by office rows between unbounded preceding and 1 preceding)),
households as (
  select days, office, count(*) as number from household group by days, office)
"""

_REGISTERED: Final = """
, registration_of as (
  select coalesce(a.canonical_id, g.person_id) as person_id,
    bit_or(days_within(g.registered_on, 'infinity', cast(:days as date[]))) as days
  from registration g left join alias a using (person_id)
  where g.person_id not in (select person_id from void) group by 1),
registered as (  -- persons ever registered, up to the reference day
  select g.days & o.days as days, o.office, count(*) as number
  from registration_of g join office_of o using (person_id) group by 1, 2)
"""

OPEN_CASES: Final = """
, case_stay as (  -- a move holds until one told later takes effect
  select person_id, is_open, moved_on, coalesce(min(moved_on) over (partition by case_id order by sequence
    rows between 1 following and unbounded following), 'infinity') as until
  from case_move where person_id not in (select person_id from void)),
open_case as (
  select coalesce(a.canonical_id, s.person_id) as person_id,
    bit_or(days_within(s.moved_on, s.until, cast(:days as date[]))) as days
  from case_stay s left join alias a using (person_id) where s.is_open group by 1)
"""

_CASES: Final = """
, cases as (  -- persons with an open case on the reference day
  select c.days & o.days as days, o.office, count(*) as number
  from open_case c join office_of o using (person_id) group by 1, 2)
"""

REFERRAL_STAYS: Final = """
, referral_stay as (
  select person_id, state, moved_on, coalesce(min(moved_on) over (partition by referral_id order by sequence
    rows between 1 following and unbounded following), 'infinity') as until
  from referral_move)
"""

_REFERRALS: Final = """
, referrals as (  -- all ever drafted, by their state on the reference day
  select days_within(s.moved_on, s.until, cast(:days as date[])) & o.days as days, o.office, s.state, count(*) as number
  from referral_stay s join office_of o using (person_id) group by 1, 2, 3)
"""

_PAID: Final = """
, kept_payment as (  -- what was not taken back
  select * from payment p where not exists (select from payment_reversal r where r.payment_id = p.payment_id)),
payment_of as materialized (  -- for a month, at the office of the household's head
  select r.month, coalesce(o.office, 'unknown') as office, p.person_id, p.currency, p.kind, p.minor
  from kept_payment p join reference r using (month)
  left join office_of o on o.person_id = p.person_id and o.days & r.day <> 0)
"""

_PAID_AS_CITY: Final = """
, kept_payment as (
  select * from payment p where not exists (select from payment_reversal r where r.payment_id = p.payment_id)),
payment_of as materialized (
  select r.month, '' as office, p.person_id, p.currency, p.kind, p.minor
  from kept_payment p join reference r using (month))
"""

_PAID_SUMS: Final = """
, paid as (
  select month, office, currency, kind, sum(minor) as number from payment_of group by 1, 2, 3, 4),
payees as (  -- persons to whom anything was paid
  select month, office, count(*) as number from (
    select p.month, p.office, coalesce(a.canonical_id, p.person_id) as person_id
    from payment_of p left join alias a using (person_id) group by 1, 2, 3) payee group by 1, 2)
"""

JOBS: Final = """
, job as materialized (  -- confirmed
  select c.placement_id, coalesce(a.canonical_id, c.person_id) as person_id, c.started_on,
    p.agency, p.credited, p.kind, p.employer_id, p.hours_per_week
  from placement_confirmation c join placement_report p using (placement_id)
  left join alias a on a.person_id = c.person_id
  where c.placement_id not in (select placement_id from placement_void)
    and c.person_id not in (select person_id from void)),
on_aid as (  -- part-time, and the client's aid goes on to the end of the month after the start (8.7)
  select j.placement_id from job j join aid b using (person_id)
  where j.hours_per_week < :full_time
    and b.since < date_trunc('month', j.started_on) + interval '2 months'
    and b.until >= date_trunc('month', j.started_on) + interval '2 months'),
placement as (  -- by the month of its start
  select j.*, r.month, r.day,
    kind = any(:integrations) and placement_id not in (select placement_id from on_aid) as integration
  from job j join reference r on r.month = to_char(j.started_on, 'YYYY-MM'))
"""

_PLACEMENTS: Final = """
, placements as (  -- one job reported by both agencies is one placement (8.13)
  select j.month, o.office, count(*) as number, count(distinct j.person_id) filter (where j.integration) as persons
  from (select month, day, person_id, started_on, kind, employer_id, bool_or(integration) as integration
        from placement where started_on <= :as_of group by 1, 2, 3, 4, 5, 6) j
  join office_of o on o.person_id = j.person_id and o.days & j.day <> 0 group by 1, 2)
"""

MATURED: Final = """
, matured as (  -- one integration a person and month, where 6 or 12 months are over; unknown is not failed
  select p.month, p.day, p.person_id, n.months,
    case when bool_or(c.outcome = 'sustained') then 'sustained' when bool_or(c.outcome = 'failed') then 'failed'
         else 'unknown' end as outcome
  from placement p join (values (6), (12)) n(months) on p.started_on + make_interval(months => n.months) <= :as_of
  left join lateral (
    select outcome from sustainment_check s
    where s.placement_id = p.placement_id and s.months = n.months and s.checked_on <= :as_of
    order by s.revision desc limit 1) c on true
  where p.integration group by 1, 2, 3, 4)
"""

_SUSTAINED: Final = """
, sustained as (
  select m.month, o.office, m.months, m.outcome, count(*) as number
  from matured m join office_of o on o.person_id = m.person_id and o.days & m.day <> 0 group by 1, 2, 3, 4)
"""

_ALL: Final = """
select s.figure, r.month, s.office, s.label, '' as sublabel, sum(s.number)::bigint as number from (
  select 'recipients' as figure, days, office, '' as label, number from recipients
  union all select 'households', days, office, '', number from households
  union all select 'registered', days, office, '', number from registered
  union all select 'cases_open', days, office, '', number from cases
  union all select 'referrals', days, office, state, number from referrals) s
join reference r on s.days & r.day <> 0 group by 1, 2, 3, 4
union all select 'paid', month, office, currency, kind, number::bigint from paid
union all select 'payees', month, office, '', '', number from payees
union all select 'placements', month, office, '', '', number from placements
union all select 'integrations', month, office, '', '', persons from placements where persons > 0
union all select 'sustained', month, office, months::text, outcome, number from sustained
"""

_STOCKS: Final = AID + _RECIPIENTS + _HOUSEHOLDS + _REGISTERED + OPEN_CASES + _CASES + REFERRAL_STAYS + _REFERRALS
_FLOWS: Final = _PAID_SUMS + JOBS + _PLACEMENTS + MATURED + _SUSTAINED + _ALL
BY_OFFICE: Final = (PERSONS + BY_OFFICE_OF_PERSONS + _STOCKS + _PAID + _FLOWS).replace(":as_of", "cast(:as_of as date)")
"""Rows: figure, month, office, label, sublabel, number. `:days` are the reference days of `:months`, ascending."""
AS_CITY: Final = (PERSONS + _AS_CITY + _STOCKS + _PAID_AS_CITY + _FLOWS).replace(":as_of", "cast(:as_of as date)")
"""The same with everybody in one place, the office of no name: half the work."""

INTEGRATION_KINDS: Final = sorted(kind.value for kind in INTEGRATIONS)

FULL_TIME: Final = 30
"""Hours a week: fewer are part-time (definition of the OECD). A part-time job is an integration only where it ends
the client's aid."""
