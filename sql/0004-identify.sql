-- As `identify`, with a row of the kind 'contested' where the address may have been that of one of several, or of one of whom
-- it is not sure, so that whoever knows another for a moment nearby does not take it for the one of this moment. It has an
-- identity where there is only one.
create function identify_or_doubt(addresses inet[], at timestamptz[])
returns table (ordinal integer, kind text, identity json, valid_from timestamptz, valid_to timestamptz)
language plpgsql stable parallel safe
-- One search of the index for each pair, however large the table: the planner cannot know how many pairs will come.
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set jit = off
as $$
declare
  answered integer;
begin
  -- An address of one owner, as nearly all: the search of the index gives the answer.
  return query
  select
    asked.n::integer, lower(i.kind), i.identity,
    -- Between two neighbouring moments at which anything about the address changes, the answer stays the same.
    nullif(greatest(
      i.claim_from, i.version_from,
      case when i.valid_from <= asked.at then i.valid_from end,
      case when i.named_from <= asked.at then i.named_from end), '-infinity'),
    nullif(least(
      i.claim_to, i.version_to, i.valid_to,
      case when i.valid_from > asked.at then i.valid_from end,
      case when i.named_from > asked.at then i.named_from end), 'infinity')
  from unnest(addresses, at) with ordinality as asked(address, at, n)
  join identities i on i.address = asked.address
  where not i.is_shared
    and asked.at >= i.version_from and asked.at < i.version_to and asked.at >= i.claim_from and asked.at < i.claim_to
    and asked.at < i.valid_to and (asked.at >= i.valid_from or asked.at >= i.named_from);
  get diagnostics answered = row_count;
  -- With an answer for each pair there is none left that several may have had.
  if answered = cardinality(addresses) then
    return;
  end if;

  return query
  with claim as materialized (
    select
      asked.n, asked.address, asked.at, i.ctid as at_row, i.kind,
      asked.at >= i.version_from and asked.at < i.version_to and asked.at >= i.claim_from and asked.at < i.claim_to
        as claims,
      asked.at >= i.valid_from and asked.at < i.valid_to as is_sure,
      asked.at >= i.named_from and asked.at < least(i.valid_from, i.valid_to) as is_early,
      greatest(
        case when i.claim_from <= asked.at then i.claim_from end, case when i.named_from <= asked.at then i.named_from end,
        case when i.valid_from <= asked.at then i.valid_from end, case when i.valid_to <= asked.at then i.valid_to end,
        case when i.claim_to <= asked.at then i.claim_to end,
        case when i.version_from <= asked.at then i.version_from end,
        case when i.version_to <= asked.at then i.version_to end) as since,
      least(
        case when i.claim_from > asked.at then i.claim_from end, case when i.named_from > asked.at then i.named_from end,
        case when i.valid_from > asked.at then i.valid_from end, case when i.valid_to > asked.at then i.valid_to end,
        case when i.claim_to > asked.at then i.claim_to end,
        case when i.version_from > asked.at then i.version_from end,
        case when i.version_to > asked.at then i.version_to end) as until
    from unnest(addresses, at) with ordinality as asked(address, at, n)
    join identities i on i.address = asked.address and i.is_shared
  ), counted as (
    select
      claim.n,
      min(claim.address) as address,
      min(claim.at) as at,
      max(claim.since) as since,
      min(claim.until) as until,
      count(*) filter (where claims and claim.kind = 'Pod') as pods,
      count(*) filter (where claims and is_sure and claim.kind = 'Pod') as sure_pods,
      max(at_row) filter (where claims and is_sure and claim.kind = 'Pod') as sure_pod,
      count(*) filter (where claims and claim.kind = 'Node') as nodes,
      count(*) filter (where claims and is_sure and claim.kind = 'Node') as sure_nodes,
      max(at_row) filter (where claims and is_sure and claim.kind = 'Node') as sure_node,
      count(*) filter (where claims and claim.kind = 'Service') as services,
      count(*) filter (where claims and is_sure and claim.kind = 'Service') as sure_services,
      max(at_row) filter (where claims and is_sure and claim.kind = 'Service') as sure_service,
      max(at_row) filter (where claims and is_early) as early,
      max(at_row) filter (where claims) as possible
    from claim
    group by claim.n
  ), judged as (
    select c.*,
      case when c.pods > 0 then 'pod' when c.nodes > 0 then 'node' else 'service' end as answer_kind,
      case
        -- A pod with a node to itself may share its address, and is the one that talks.
        when c.sure_pods = 1 then c.sure_pod
        when c.pods = 1 and c.sure_pods = 0 and c.nodes = 0 and c.services = 0 then c.early
        when c.pods > 0 then null
        when c.sure_nodes = 1 then c.sure_node
        when c.nodes = 1 and c.sure_nodes = 0 and c.services = 0 then c.early
        when c.nodes > 0 then null
        when c.sure_services > 0 then c.sure_service
        when c.services = 1 then c.early
      end as at_row
    from counted c
  )
  select a.n::integer, case when a.at_row is null then 'contested' else a.answer_kind end,
    case
      when a.answer_kind = 'node' and a.sure_services > 0 or a.answer_kind = 'service' and a.sure_services > 1
        then with_services(i.identity, a.address, a.at)
      else i.identity
    end,
    nullif(a.since, '-infinity'), nullif(a.until, 'infinity')
  from judged a
  -- The only one that is possible, where it is not the answer: at another time it may be.
  left join identities i
    on i.ctid = coalesce(a.at_row, case when a.pods + a.nodes + a.services = 1 then a.possible end)
  where i.ctid is not null or a.pods + a.nodes + a.services > 1;
end
$$;

-- Who had each address at its time: at most one row for each pair, by its number from 1. The answer holds from
-- `valid_from` until just before `valid_to`; null is open. No row where nobody is known, or where it is not certain who.
create function identify(addresses inet[], at timestamptz[])
returns table (ordinal integer, kind text, identity json, valid_from timestamptz, valid_to timestamptz)
language sql stable parallel safe
as $$
  select * from identify_or_doubt(addresses, at) o where o.kind <> 'contested'
$$;

-- The identity with all services that have the address then, such as those that share a load balancer's.
create function with_services(identity json, shared_address inet, at timestamptz)
returns json
language sql stable
as $$
  select (identity::jsonb || jsonb_build_object('services', (
    select jsonb_agg(service order by service ->> 'namespace', service ->> 'name')
    from identities i cross join lateral jsonb_array_elements(i.identity::jsonb -> 'services') as s(service)
    where i.address = shared_address and i.kind = 'Service'
      and at >= i.version_from and at < i.version_to and at >= i.valid_from and at < i.valid_to
  )))::json
$$;
