-- The mirror of the cluster: what the API server last said of each object, cut down to what names need, and since
-- and until when it existed. A deleted object's row is closed and stays for a while.
create table kubernetes_objects (
  uid text primary key,
  kind text not null,
  namespace text not null,
  name text not null,
  data jsonb not null,
  valid tstzrange not null
);

create index kubernetes_objects_name on kubernetes_objects (kind, namespace, name);
create index kubernetes_objects_node on kubernetes_objects ((data ->> 'node')) where kind = 'Pod';
create index kubernetes_objects_owner on kubernetes_objects ((data #>> '{owner,uid}')) where data ? 'owner';
create index kubernetes_objects_closed on kubernetes_objects (upper(valid)) where not upper_inf(valid);
-- For questions such as: which pods have these labels? data @> '{"labels": {"app": "shop"}}'
create index kubernetes_objects_data on kubernetes_objects using gin (data jsonb_path_ops);

-- Which pods stand behind which service, by the EndpointSlice that says so. `ports` are those that the pods listen on.
create table service_members (
  slice_uid text not null,
  pod_uid text not null,
  namespace text not null,
  service text not null,
  ports jsonb not null,
  primary key (slice_uid, pod_uid)
);

create index service_members_pod on service_members (pod_uid);
create index service_members_service on service_members (namespace, service);

-- Who has, or may have, an address, and when. See docs/adr/0019-who-had-an-address.md.
create table address_claims (
  uid text not null,
  address inet not null,
  kind text not null,
  -- It surely had the address from here ...
  valid_from timestamptz not null,
  -- ... to here, 'infinity' while nothing says that it ends.
  valid_to timestamptz not null,
  -- It may be named from here, where nobody else may have had the address.
  named_from timestamptz not null,
  -- It cannot have had the address before, or after.
  claim_from timestamptz not null,
  claim_to timestamptz not null,
  primary key (uid, address)
);

create index address_claims_closed on address_claims (claim_to) where claim_to < 'infinity';

-- What `identify` reads: claims, each with what its owner was at the time, ready to be given out. A row a version.
create table identities (
  address inet not null,
  uid text not null,
  kind text not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  named_from timestamptz not null,
  claim_from timestamptz not null,
  claim_to timestamptz not null,
  version_from timestamptz not null,
  version_to timestamptz not null,
  -- Whether others have, or had, the address; one without is answered for without looking further.
  is_shared boolean not null default false,
  -- AddressIdentity of services/core/kubernetes-identity.ts; json, so that it is given out as it is stored.
  identity json not null
);

-- Only ever asked for as a whole, and searched for the most often: half the time of a B-tree.
create index identities_address on identities using hash (address);
-- Of few addresses, so that it is hardly anything to find that another one is not there.
create index identities_shared on identities using hash (address) where is_shared;
create index identities_current on identities (uid, address) where version_to = 'infinity';
create index identities_uid on identities (uid);
create index identities_closed on identities (least(claim_to, version_to)) where claim_to < 'infinity' or version_to < 'infinity';

-- Until when the mirror knows everything of a kind; null before its first list.
create table mirror_progress (
  kind text primary key,
  in_sync_until timestamptz
);

-- One row: who may write. A new writer takes the next epoch, and the last one's writes end.
create table mirror_writer (
  id integer primary key default 1 check (id = 1),
  epoch integer not null,
  holder text not null
);

insert into mirror_writer (epoch, holder) values (0, '');
