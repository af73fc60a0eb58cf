-- Takes the right to write, and gives the epoch to write with. Waits for a write that is under way.
create function begin_epoch(new_holder text)
returns integer
language sql
as $$
  update mirror_writer set epoch = epoch + 1, holder = new_holder returning epoch
$$;

-- To be called first in every transaction that writes: false when somebody else writes now. Nobody can take over, and no
-- other transaction can write, before this one ends.
create function is_writer(of_epoch integer)
returns boolean
language plpgsql
as $$
begin
  perform from mirror_writer where epoch = of_epoch for update;
  return found;
end
$$;

-- Stores objects of a kind as they are now; those with `until` are gone. Gives the addresses of which something else is
-- known now. Rows are StoredObject of services/kubeagent/stored-object.ts, one an object.
create function write_objects(of_kind text, rows jsonb, changed_at timestamptz)
returns setof inet
language plpgsql
-- Plans are made anew for each call: a first list fills empty tables, for which those of its first rows are wrong.
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set join_collapse_limit = 1
set from_collapse_limit = 1
as $$
declare
  changed text[];
  pods text[];
begin
  with written as (
    insert into kubernetes_objects as o (uid, kind, namespace, name, data, valid)
    select r.uid, of_kind, r.namespace, r.name, r.data, tstzrange(least(r.since, r.until), r.until, '[]')
    from jsonb_to_recordset(rows)
      as r(uid text, namespace text, name text, data jsonb, since timestamptz, until timestamptz)
    on conflict (uid) do update
    set data = excluded.data, valid = excluded.valid
    where o.data <> excluded.data or upper(o.valid) is distinct from upper(excluded.valid)
    returning o.uid
  )
  select coalesce(array_agg(uid), '{}') into changed from written;

  with row as materialized (
    select * from jsonb_to_recordset(rows) as r(
      uid text, addresses jsonb, "validFrom" timestamptz, "validTo" timestamptz, "namedFrom" timestamptz,
      "claimFrom" timestamptz, "claimTo" timestamptz, "seenFrom" timestamptz, "lostAt" timestamptz, "lostTo" timestamptz
    ) where addresses is not null
  ), known as materialized (
    select c.* from address_claims c join row using (uid)
  ), held as materialized (
    select row.*, given.address::inet as address
    from row cross join lateral jsonb_array_elements_text(row.addresses) as given(address)
  ), claimed as (
    insert into address_claims as c (uid, address, kind, valid_from, valid_to, named_from, claim_from, claim_to)
    select held.uid, held.address, of_kind,
      -- What an object tells of its start does not hold for an address that it was given later.
      case when later.is_later then held."seenFrom" else held."validFrom" end,
      coalesce(held."validTo", 'infinity'),
      case when later.is_later then held."seenFrom" else held."namedFrom" end,
      held."claimFrom",
      coalesce(held."claimTo", 'infinity')
    from held
    cross join lateral (
      select exists (select from known where known.uid = held.uid) as is_later
    ) later
    on conflict (uid, address) do update
    set valid_from = least(c.valid_from, excluded.valid_from), valid_to = excluded.valid_to,
      named_from = least(c.named_from, excluded.named_from), claim_to = excluded.claim_to
    where (c.valid_to, c.claim_to) is distinct from (excluded.valid_to, excluded.claim_to)
      or excluded.valid_from < c.valid_from or excluded.named_from < c.named_from
    returning c.uid
  ), lost as (
    update address_claims c
    set valid_to = least(c.valid_to, greatest(c.valid_from, row."lostAt")), claim_to = least(c.claim_to, row."lostTo")
    from row
    where c.uid = row.uid and c.claim_to = 'infinity'
      and not exists (select from held where held.uid = c.uid and held.address = c.address)
    returning c.uid
  )
  select changed || array(select uid from claimed union select uid from lost) into changed;

  with row as materialized (
    select r.uid, r.members, r.until from jsonb_to_recordset(rows) as r(uid text, members jsonb, until timestamptz)
    where members is not null
  ), wanted as materialized (
    select row.uid as slice_uid, m.*
    from row cross join lateral jsonb_to_recordset(row.members)
      as m("podUid" text, namespace text, service text, ports jsonb)
    where row.until is null
  ), gone as (
    delete from service_members m using row
    where m.slice_uid = row.uid
      and not exists (select from wanted w where w.slice_uid = m.slice_uid and w."podUid" = m.pod_uid)
    returning m.pod_uid
  ), joined as (
    insert into service_members as m (slice_uid, pod_uid, namespace, service, ports)
    select slice_uid, "podUid", namespace, service, ports from wanted
    on conflict (slice_uid, pod_uid) do update
    set namespace = excluded.namespace, service = excluded.service, ports = excluded.ports
    where (m.namespace, m.service, m.ports) is distinct from (excluded.namespace, excluded.service, excluded.ports)
    returning m.pod_uid
  )
  select array(select pod_uid from gone union select pod_uid from joined) into pods;

  if cardinality(changed) + cardinality(pods) > 0 then
    return query select * from refresh_identities(affected_owners(of_kind, changed, pods), changed_at);
  end if;
end
$$;

-- After a whole list: closes what is not in it. It was there when the mirror last knew everything of the kind, and had
-- gone by `seen_at`; until `doubt_to` its addresses may still be in use.
create function close_missing(of_kind text, listed jsonb, seen_at timestamptz, doubt_to timestamptz)
returns setof inet
language plpgsql
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set join_collapse_limit = 1
set from_collapse_limit = 1
as $$
declare
  known_until timestamptz := coalesce(
    (select in_sync_until from mirror_progress p where p.kind = of_kind), '-infinity');
  missing text[];
  pods text[];
begin
  with closed as (
    update kubernetes_objects o
    set valid = tstzrange(lower(o.valid), greatest(lower(o.valid), seen_at), '[]')
    where o.kind = of_kind and upper_inf(o.valid)
      and not exists (select from jsonb_array_elements_text(listed) as present(uid) where present.uid = o.uid)
    returning o.uid
  )
  select coalesce(array_agg(uid), '{}') into missing from closed;
  if cardinality(missing) = 0 then
    return;
  end if;

  update address_claims c
  set valid_to = least(c.valid_to, greatest(c.valid_from, known_until)), claim_to = least(c.claim_to, doubt_to)
  where c.uid = any (missing);

  with gone as (
    delete from service_members m where m.slice_uid = any (missing) returning m.pod_uid
  )
  select array(select distinct pod_uid from gone) into pods;

  return query select * from refresh_identities(affected_owners(of_kind, missing, pods), known_until);
end
$$;

-- Says until when everything of these kinds is known.
create function report_progress(kinds text[], until timestamptz)
returns void
language sql
as $$
  insert into mirror_progress as p (kind, in_sync_until)
  select kind, until from unnest(kinds) kind
  on conflict (kind) do update set in_sync_until = greatest(p.in_sync_until, excluded.in_sync_until)
$$;

-- Until when the mirror knows everything; null before its first lists.
create function identity_horizon()
returns timestamptz
language sql stable
as $$
  select case when bool_and(in_sync_until is not null) then min(in_sync_until) end from mirror_progress
$$;

-- Removes at most `most` rows of each table that ended before then. Gives how many.
create function remove_closed(before timestamptz, most integer)
returns integer
language plpgsql
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
  removed integer;
  total integer;
  freed inet[];
begin
  with gone as (
    delete from identities where ctid = any (array(
      select ctid from identities
      where least(claim_to, version_to) < before and (claim_to < 'infinity' or version_to < 'infinity') limit most))
    returning address
  )
  select coalesce(array_agg(distinct address), '{}'), count(*) from gone into freed, total;
  update identities i
  set is_shared = false
  from unnest(freed) as f(address)
  where i.address = f.address and i.is_shared
    and not exists (select from identities other where other.address = i.address and other.uid <> i.uid);
  delete from address_claims where ctid = any (array(
    select ctid from address_claims where claim_to < before and claim_to < 'infinity' limit most));
  get diagnostics removed = row_count;
  total := total + removed;
  delete from kubernetes_objects where ctid = any (array(
    select ctid from kubernetes_objects where upper(valid) < before and not upper_inf(valid) limit most));
  get diagnostics removed = row_count;
  return total + removed;
end
$$;
