-- An object by its uid, and always by the index on that: without the limit, the planner would look for its kind first
-- where it takes a table to be small that a first list is just filling.
create function object_of(of_uid text)
returns setof kubernetes_objects
language sql stable
as $$
  select * from kubernetes_objects o where o.uid = of_uid limit 1
$$;

-- What pods are: their labels, the top of their owner chain, the services they stand behind.
create function pod_identities(uids text[])
returns table (uid text, host_network boolean, node_name text, identity jsonb)
language sql stable
as $$
  select
    pod.uid,
    coalesce((pod.data ->> 'hostNetwork')::boolean, false),
    pod.data ->> 'node',
    jsonb_strip_nulls(jsonb_build_object(
      'uid', pod.uid,
      'namespace', pod.namespace,
      'name', pod.name,
      'labels', coalesce(pod.data -> 'labels', '{}'),
      'node', pod.data -> 'node',
      'hostNetwork', coalesce(pod.data -> 'hostNetwork', 'false'),
      'monitored', coalesce(pod.data -> 'monitored', 'false'),
      'workload', coalesce(
        above.data -> 'owner',
        owner.data -> 'owner',
        pod.data -> 'owner',
        jsonb_build_object('kind', 'Pod', 'name', pod.name)
      ) - 'uid',
      'services', coalesce(behind.services, '[]')
    ))
  from unnest(uids) asked(uid)
  cross join lateral object_of(asked.uid) pod
  left join kubernetes_objects owner on owner.uid = pod.data #>> '{owner,uid}'
  left join kubernetes_objects above on above.uid = owner.data #>> '{owner,uid}'
  left join lateral (
    select jsonb_agg(jsonb_build_object(
      'namespace', member.namespace,
      'name', member.service,
      'labels', coalesce(service.data -> 'labels', '{}'),
      'addresses', coalesce(service.data -> 'addresses', '[]'),
      'ports', member.ports
    ) order by member.namespace, member.service) as services
    from (
      -- A service has slices for each family, and for pods whose named ports differ.
      select m.namespace, m.service, coalesce(
        jsonb_agg(distinct jsonb_build_object(
          'name', listening ->> 'name',
          'protocol', listening -> 'protocol',
          'port', coalesce(called -> 'port', listening -> 'port'),
          'targetPort', listening -> 'port'
        )) filter (where listening is not null), '[]') as ports
      from service_members m
      left join kubernetes_objects s
        on s.kind = 'Service' and s.namespace = m.namespace and s.name = m.service and upper_inf(s.valid)
      left join lateral jsonb_array_elements(m.ports) as l(listening) on true
      left join lateral jsonb_array_elements(s.data -> 'ports') as c(called)
        on called ->> 'name' = listening ->> 'name' and called -> 'protocol' = listening -> 'protocol'
      where m.pod_uid = pod.uid
      group by m.namespace, m.service
    ) member
    left join kubernetes_objects service
      on service.kind = 'Service' and service.namespace = member.namespace and service.name = member.service
        and upper_inf(service.valid)
  ) behind on true
  where pod.kind = 'Pod'
$$;

create function node_identity(uid text, name text, data jsonb)
returns jsonb
language sql immutable
as $$
  select jsonb_build_object('uid', uid, 'name', name, 'labels', coalesce(data -> 'labels', '{}'))
$$;

-- What `identify` says of each of these pods, services and nodes; nothing of pods that share their node's address.
create function owner_identities(uids text[])
returns table (uid text, identity jsonb)
language sql stable
as $$
  select pod.uid, jsonb_strip_nulls(jsonb_build_object(
    'kind', 'pod',
    'pods', jsonb_build_array(pod.identity),
    'services', '[]'::jsonb,
    'node', (
      select node_identity(node.uid, node.name, node.data) from kubernetes_objects node
      where node.kind = 'Node' and node.namespace = '' and node.name = pod.node_name
      order by lower(node.valid) desc limit 1
    )
  ))
  from pod_identities(uids) pod
  where not pod.host_network
  union all
  select service.uid, jsonb_build_object(
    'kind', 'service',
    'pods', '[]'::jsonb,
    'services', jsonb_build_array(jsonb_build_object(
      'uid', service.uid,
      'namespace', service.namespace,
      'name', service.name,
      'labels', coalesce(service.data -> 'labels', '{}'),
      'type', service.data -> 'type'
    ))
  )
  from unnest(uids) asked(uid)
  cross join lateral object_of(asked.uid) service
  where service.kind = 'Service'
  union all
  select node.uid, jsonb_build_object(
    'kind', 'node',
    'pods', coalesce((
      select jsonb_agg(pod.identity order by pod.identity ->> 'namespace', pod.identity ->> 'name')
      from pod_identities(array(
        select guest.uid from kubernetes_objects guest
        where guest.kind = 'Pod' and guest.data ->> 'node' = node.name and upper_inf(guest.valid)
          and (guest.data ->> 'hostNetwork')::boolean
          and guest.data ->> 'phase' is distinct from 'Succeeded'
          and guest.data ->> 'phase' is distinct from 'Failed'
      )) pod
    ), '[]'),
    'services', '[]'::jsonb,
    'node', node_identity(node.uid, node.name, node.data)
  )
  from unnest(uids) asked(uid)
  cross join lateral object_of(asked.uid) node
  where node.kind = 'Node'
$$;

-- Whose identity changes when these objects of a kind have changed. `pods` are those whose membership changed.
create function affected_owners(changed_kind text, uids text[], pods text[])
returns text[]
language sql stable
set enable_seqscan = off
set jit = off
set join_collapse_limit = 1
set from_collapse_limit = 1
set enable_hashjoin = off
set enable_mergejoin = off
as $$
  with affected as (
    select unnest(uids) as uid where changed_kind in ('Pod', 'Service', 'Node')
    union
    select unnest(pods)
    union
    select member.pod_uid
    from unnest(uids) changed(uid)
    cross join lateral object_of(changed.uid) service
    join service_members member on member.namespace = service.namespace and member.service = service.name
    where changed_kind = 'Service'
    union
    select pod.uid
    from unnest(uids) changed(uid)
    cross join lateral object_of(changed.uid) node
    join kubernetes_objects pod on pod.kind = 'Pod' and pod.data ->> 'node' = node.name and upper_inf(pod.valid)
    where changed_kind = 'Node'
    union
    select pod.uid
    from unnest(uids) changed(uid)
    join kubernetes_objects pod on pod.data ? 'owner' and pod.data #>> '{owner,uid}' = changed.uid
    where changed_kind in ('ReplicaSet', 'Job') and pod.kind = 'Pod' and upper_inf(pod.valid)
  )
  select array_agg(uid) from (
    select uid from affected
    union
    -- Pods with host network are told of with their node.
    select node.uid
    from affected
    cross join lateral object_of(affected.uid) pod
    join kubernetes_objects node on node.kind = 'Node' and node.namespace = '' and node.name = pod.data ->> 'node'
    where pod.kind = 'Pod' and (pod.data ->> 'hostNetwork')::boolean
  ) owners
$$;

-- Brings `identities` up to date for these owners. What changed holds from `changed_at`; a version that began later is
-- replaced. Gives the addresses of which something else is known now.
create function refresh_identities(uids text[], changed_at timestamptz)
returns setof inet
language plpgsql
-- By index from the owners on, whatever the planner takes the tables to be: a first list fills them while it is written.
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set join_collapse_limit = 1
set from_collapse_limit = 1
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  return query
  update identities i
  set valid_from = c.valid_from, valid_to = c.valid_to, named_from = c.named_from,
    claim_from = c.claim_from, claim_to = c.claim_to
  from unnest(uids) changed(uid)
  join address_claims c on c.uid = changed.uid
  where i.uid = c.uid and i.address = c.address
    and (i.valid_from, i.valid_to, i.named_from, i.claim_from, i.claim_to)
      is distinct from (c.valid_from, c.valid_to, c.named_from, c.claim_from, c.claim_to)
  returning i.address;

  return query
  with wanted as materialized (
    select c.*, owner.identity::text as identity, current.version_from, current.uid is null as is_new
    from owner_identities(uids) owner
    join address_claims c on c.uid = owner.uid
    join kubernetes_objects o on o.uid = owner.uid
    left join identities current
      on current.uid = c.uid and current.address = c.address and current.version_to = 'infinity'
    -- What is gone stays as it was last known.
    where current.uid is null or (upper_inf(o.valid) and current.identity::text <> owner.identity::text)
  ), replaced as (
    update identities i
    set identity = wanted.identity::json
    from wanted
    where not wanted.is_new and wanted.version_from >= changed_at
      and i.uid = wanted.uid and i.address = wanted.address and i.version_to = 'infinity'
    returning i.address
  ), ended as (
    update identities i
    set version_to = changed_at
    from wanted
    where not wanted.is_new and wanted.version_from < changed_at
      and i.uid = wanted.uid and i.address = wanted.address and i.version_to = 'infinity'
  ), begun as (
    insert into identities (address, uid, kind, valid_from, valid_to, named_from, claim_from, claim_to,
      version_from, version_to, identity)
    select wanted.address, wanted.uid, wanted.kind, wanted.valid_from, wanted.valid_to, wanted.named_from,
      wanted.claim_from, wanted.claim_to,
      case when wanted.is_new then '-infinity' else changed_at end, 'infinity', wanted.identity::json
    from wanted
    where wanted.is_new or wanted.version_from < changed_at
    returning address
  )
  select address from replaced union all select address from begun;

  update identities i
  set is_shared = true
  from unnest(uids) changed(uid)
  join address_claims c on c.uid = changed.uid
  where i.address = c.address and not i.is_shared
    and exists (select from identities other where other.address = i.address and other.uid <> i.uid);
end
$$;
