import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { communityId } from '../../services/core/community-id.ts';
import { parseIp } from '../../services/core/ip-address.ts';
import { natTranslationKey } from '../../services/core/nat-translation.ts';
import { TCP } from '../../services/core/protocol.ts';
import { systemClock } from '../../services/runtime/clock.ts';
import { MemcachedCache } from '../../services/runtime/memcached/memcached-cache.ts';
import { quietLogger } from '../fakes/quiet-logger.ts';
import type { PodNamespace } from '../integration/pods/pod-network.ts';
import type { KeptConnection } from '../integration/pods/pod-process.ts';
import { PodProcess } from '../integration/pods/pod-process.ts';
import { isAsWanted, isSame, shown, tallyByPort, wantedOf } from './connection-tally.ts';
import type { FlowDocument } from './flowtap-cluster.ts';
import { FlowtapCluster, flowtapClusterUnavailable, WINDOW_MS } from './flowtap-cluster.ts';
import type { SteadyAnswer } from './steady-traffic.ts';
import { SteadyTraffic } from './steady-traffic.ts';

/** How long each is away. `TEST_FLOWTAP_OUTAGE_MS=60000` makes it a minute; the whole then takes nine. */
const OUTAGE_MS = Number(process.env.TEST_FLOWTAP_OUTAGE_MS ?? 6000);
const OUTAGES = ['probe', 'enrichment', 'memcached', 'postgres', 'elasticsearch', 'kubeagent'] as const;
const START_MS = 600_000 + OUTAGES.length * OUTAGE_MS;

/** A killed probe had not delivered, nor put into its spool, what is younger than this. */
const UNDELIVERED_MS = WINDOW_MS + 4000;
/** From one service's recovery to the last document that was begun before. */
const TAIL_MS = 4000;

/** What comes later finds the translation of a connection that has ended gone: the resolver's --ended-ttl is 3 min. */
const LATE_MS = 170_000;

const SERVICE = '10.96.0.80';
const CALLER = 'caller';
const BACKENDS = ['web-0', 'web-1', 'web-2'];

type OutageName = (typeof OUTAGES)[number];

/** Between two times, in milliseconds since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const unavailable = flowtapClusterUnavailable();

describe(`each away for ${OUTAGE_MS} ms, while pods talk`, () => {
  let cluster: FlowtapCluster;
  /** From the moment when it was killed until documents were whole again. */
  const outages = new Map<OutageName, Span>();
  /** Times of which a killed probe says nothing. */
  const gaps: (Span & { readonly pod: string })[] = [];
  let pods: readonly PodNamespace[];
  let answers: readonly SteadyAnswer[];
  let kept: KeptConnection;
  let served: readonly number[];
  let main: readonly FlowDocument[];
  let peer: readonly FlowDocument[];

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    cluster = new FlowtapCluster();
    await startCluster();
    const [caller, ...backends] = await Promise.all(pods.map(({ namespace }) => PodProcess.start(namespace)));
    await Promise.all(backends.map((backend, index) => backend.serve(8080, BACKENDS[index])));
    const { name } = await caller.keep(SERVICE, 80, 300);
    const traffic = new SteadyTraffic(caller, SERVICE);
    await wholeDocument(Date.now());
    for (const outage of OUTAGES) await suffer(outage, BACKENDS.find((backend) => backend !== name)!);
    answers = await traffic.stop();
    kept = await caller.release();
    const counts = await Promise.all(backends.map((backend) => backend.served()));
    served = counts.map(({ tcp, udp }) => tcp + udp);
    await cluster.stopProbes();
    main = (await cluster.documents('logs-flowtap.flow-*')).filter(isRequest);
    peer = (await cluster.documents('flowtap-peer-*')).filter(isRequest);
  }, START_MS);

  afterAll(() => cluster?.close(), START_MS);

  async function startCluster(): Promise<void> {
    await cluster.startServers();
    pods = [CALLER, ...BACKENDS].map((name) => cluster.network.addPod(name));
    const wanted = pods.map(({ name, ipv4 }) => ({ name, addresses: [ipv4], monitored: true, labels: {} }));
    const uids = wanted.map((pod) => cluster.objects.addPod(pod));
    const ports = (['TCP', 'UDP'] as const).map((protocol) => ({
      ...{ name: protocol.toLowerCase(), protocol, port: 80, targetPort: 8080 },
    }));
    cluster.objects.addService({ name: 'web', addresses: [SERVICE], ports }, wanted.slice(1));
    for (const protocol of ['tcp', 'udp'] as const) {
      cluster.network.addService({ ip: SERVICE, protocol, port: 80, targetPort: 8080 }, pods.slice(1));
    }
    await cluster.startServices({ kubeagent: ['--lease-duration', '3s'] });
    const flags = (name: string): string[] => [
      ...['--spool', `${cluster.folder}/${name}.spool`],
      ...['--retry-delay', '100ms', '--max-retry-delay', '1s', '--shutdown-grace', '30s'],
    ];
    await Promise.all(pods.map((pod, index) => cluster.startProbe(pod, uids[index], flags(pod.name))));
  }

  /** Kills it, waits, starts it again, and waits until new documents have everything. */
  async function suffer(name: OutageName, otherBackend: string): Promise<void> {
    const fromMs = Date.now();
    await kill(name);
    // Its spool has what enrichment did not take: the next run has to deliver it.
    if (name === 'enrichment') {
      await sleep(OUTAGE_MS / 2);
      await loseProbe(otherBackend, 0);
    }
    await sleep(Math.max(0, fromMs + OUTAGE_MS - Date.now()));
    await startAgain(name);
    await wholeDocument(Date.now());
    outages.set(name, { fromMs, toMs: Date.now() });
  }

  async function kill(name: OutageName): Promise<void> {
    if (name === 'probe') await loseProbe(CALLER, OUTAGE_MS);
    else if (name === 'enrichment' || name === 'kubeagent') await cluster[name].stop('SIGKILL');
    else await cluster[name].kill();
  }

  async function loseProbe(pod: string, awayMs: number): Promise<void> {
    const fromMs = Date.now() - UNDELIVERED_MS;
    await cluster.probes.get(pod)!.stop('SIGKILL');
    await sleep(awayMs);
    await cluster.startProbeAgain(pod);
    gaps.push({ pod, fromMs, toMs: Date.now() + WINDOW_MS });
  }

  async function startAgain(name: OutageName): Promise<void> {
    if (name === 'probe') return;
    if (name !== 'enrichment' && name !== 'kubeagent') return await cluster[name].restart();
    const { log } = cluster[name];
    await cluster.startAgain(cluster[name]);
    // It follows only when the other's Lease has run out.
    if (name === 'kubeagent') {
      const lists = (text: string): number => text.split('"message":"listed"').length - 1;
      await vi.waitFor(() => expect(lists(cluster.kubeagent.log)).toBe(2 * lists(log)), waiting);
    }
  }

  /** Waits for a document of a request after this time that lacks nothing. */
  async function wholeDocument(afterMs: number): Promise<void> {
    const filter = [
      { range: { 'event.start': { gte: new Date(afterMs).toISOString() } } },
      { exists: { field: 'destination.kubernetes.pod.name' } },
      { exists: { field: 'flowtap.nat.evidence' } },
    ];
    const query = { bool: { filter, must_not: [{ exists: { field: 'flowtap.enrichment.degraded' } }] } };
    await vi.waitFor(async () => {
      expect((await cluster.documents('logs-flowtap.flow-*', query)).length).toBeGreaterThan(0);
    }, waiting);
  }

  const isIn = (name: OutageName, ms: number): boolean => {
    const { fromMs, toMs } = outages.get(name)!;
    return ms >= fromMs - TAIL_MS && ms <= toMs + TAIL_MS;
  };
  const isLost = (pod: string, { fromMs, toMs }: Span): boolean =>
    gaps.some((gap) => gap.pod === pod && toMs >= gap.fromMs && fromMs <= gap.toMs);

  test('every request was answered, and counted where it was answered', () => {
    const counted = BACKENDS.map((name) => answers.filter((answer) => answer.name === name).length);
    expect(counted).toEqual(served);
    expect(answers.length).toBeGreaterThan((OUTAGES.length * OUTAGE_MS) / 1000);
  });

  test('no record is there twice', () => {
    const ids = [...main, ...peer].map(
      ({ orchestrator, event }) => `${orchestrator.resource.name} ${event.id}`,
    );
    expect(ids.length - new Set(ids).size).toBe(0);
    expect(ids.length).toBeGreaterThan(answers.length);
  });

  test('each conversation counts once, by what the caller saw', () => {
    const observers = (documents: readonly FlowDocument[]): string[] =>
      [...new Set(documents.map(({ orchestrator }) => orchestrator.resource.name))].sort();
    expect(observers(main)).toEqual([CALLER]);
    expect(observers(peer)).toEqual(BACKENDS);
  });

  test('all that was sent is there, but for what a killed probe had not delivered', () => {
    const [seen, byOther] = [tallyByPort(main), tallyByPort(peer)];
    const [wrong, compared] = [[] as unknown[], { caller: 0, backend: 0, both: 0 }];
    for (const [key, requests] of Map.groupBy(
      answers,
      ({ protocol, localPort }) => `${protocol} ${localPort}`,
    )) {
      const isMissing = requests.some((request) => isLost(CALLER, request));
      const isMissingThere = requests.some((request) => isLost(request.name, request));
      const wanted = wantedOf(requests);
      const [one, other] = [seen.get(key), byOther.get(key)];
      if (!isMissing && !isAsWanted(one, wanted))
        wrong.push({ key, by: CALLER, seen: shown(one), wanted, requests });
      if (!isMissingThere && !isAsWanted(other, wanted))
        wrong.push({ key, by: 'backend', seen: shown(other), wanted, requests });
      if (isMissing && isMissingThere) continue;
      if (isMissing) compared.backend++;
      else if (isMissingThere) compared.caller++;
      else if (++compared.both && !isSame(one, other))
        wrong.push({ key, by: 'both', seen: shown(one), other: shown(other) });
    }
    expect(wrong).toEqual([]);
    expect(compared.both).toBeGreaterThan(0);
    // What the caller's probe missed the others have seen.
    expect(compared.backend).toBeGreaterThan(0);
  });

  test('a connection that lives through all of it is whole where no probe was killed', () => {
    const { sent } = tallyByPort(peer).get(`tcp ${kept.localPort}`)!;
    expect(sent.payloadBytes).toBe(kept.sentBytes);
  });

  test('nothing was dropped, and what a killed probe left in its spool was delivered', async () => {
    const heartbeats = (await cluster.documents(
      'metrics-flowtap.probe-*',
    )) as unknown as readonly Heartbeat[];
    const counters = heartbeats.map(({ flowtap }) => flowtap.counters);
    const drops = counters.flatMap(({ capture, output, queue, spool, delivery }) => [
      ...[capture.kernel_drops, output.dropped_events, queue.dropped_events, spool.dropped_events],
      ...[spool.corrupt_events, delivery.refused_dropped_events, delivery.rejected_events],
    ]);
    expect(new Set(drops)).toEqual(new Set([0]));
    expect(Math.max(...counters.map(({ spool }) => spool.recovered_events))).toBeGreaterThan(0);
  });

  test('what lacks a name or a translation was made while a store was away, and says so', () => {
    const unmarked = main.filter(
      (document) => !isWhole(document) && !isLate(document) && document.flowtap.enrichment === undefined,
    );
    expect(unmarked.map(brief)).toEqual([]);
    const marked = main.filter(({ flowtap }) => flowtap.enrichment !== undefined);
    const elsewhere = marked.filter(
      ({ event }) => !isIn('memcached', Date.parse(event.end)) && !isIn('postgres', Date.parse(event.end)),
    );
    expect(elsewhere.map(brief)).toEqual([]);
    const lacking = (store: string): number =>
      marked.filter(({ flowtap }) => flowtap.enrichment?.degraded?.includes(store)).length;
    expect(lacking('nat')).toBeGreaterThan(0);
    expect(lacking('names')).toBeGreaterThan(0);
  });

  test('while kubeagent is away and lists again, every end has its name', () => {
    const then = main.filter(({ event }) => isIn('kubeagent', Date.parse(event.end)));
    expect(then.length).toBeGreaterThan(OUTAGE_MS / 1000);
    expect(then.filter((document) => !isWhole(document)).map(brief)).toEqual([]);
  });

  test('memcached that came back empty has the translation of a connection that lived all the time', async () => {
    const [host, port] = cluster.memcached.address.split(':');
    const cache = new MemcachedCache([{ host, port: Number(port) }], {
      clock: systemClock,
      log: quietLogger(),
    });
    const id = communityId({
      protocol: TCP,
      sourceAddress: parseIp(pods[0].ipv4)!,
      destinationAddress: parseIp(SERVICE)!,
      sourcePort: kept.localPort,
      destinationPort: 80,
    });
    const found = await cache.getMany([natTranslationKey(id)]);
    cache.close();
    expect(String(found[0])).toContain(pods.find(({ name }) => name === kept.name)!.ipv4);
  });
});

const waiting = { timeout: 60_000, interval: 300 };

interface Heartbeat {
  readonly flowtap: { readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

/** Not what hosts say to find one another. */
function isRequest({ network }: FlowDocument): boolean {
  return network.transport === 'tcp' || network.transport === 'udp';
}

/** Both pods are named, and the one that answered is known. */
function isWhole({ source, destination }: FlowDocument): boolean {
  return (
    source.kubernetes?.pod?.name === CALLER && BACKENDS.includes(destination.kubernetes?.pod?.name ?? '')
  );
}

function isLate({ event }: FlowDocument): boolean {
  return Date.parse(event.ingested) - Date.parse(event.end) > LATE_MS;
}

function brief({ event, source, destination, flowtap }: FlowDocument): unknown {
  const { pod, service } = destination.kubernetes ?? {};
  const named = [source.kubernetes?.pod?.name, pod?.name, service?.name];
  return {
    end: event.end,
    port: source.port,
    to: destination.ip,
    named,
    degraded: flowtap.enrichment?.degraded,
  };
}
