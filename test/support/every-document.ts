import { readdirSync, readFileSync } from 'node:fs';
import { deadLetterDocument } from '../../services/enrichment/index/dead-letter.ts';
import { heartbeatDocument } from '../../services/enrichment/receive/heartbeat.ts';
import { PROBE_COUNTERS } from '../../services/probe/transport/probe-counters.ts';

export interface SampleDocument {
  readonly name: string;
  readonly stream: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const GOLDEN = new URL('../golden/', import.meta.url);
const FLOWS = 'logs-flowtap.flow-default';

/** One document of every kind that is ever written: finished flows, records as probes write them, dead letters, heartbeats. */
export function everyDocument(): readonly SampleDocument[] {
  const finished = readdirSync(new URL('documents/', GOLDEN)).map((name) => ({
    name,
    ...(JSON.parse(read(`documents/${name}`)) as Omit<SampleDocument, 'name'>),
  }));
  const records = read('ecs-events.ndjson')
    .trimEnd()
    .split('\n')
    .map((line, index) => ({ name: `record ${index}`, stream: FLOWS, body: JSON.parse(line) }));
  const made = [deadLetter(), heartbeat()].map(({ stream, body }) => ({
    name: stream,
    stream,
    body: JSON.parse(body),
  }));
  return [...finished, ...records, ...made];
}

function read(path: string): string {
  return readFileSync(new URL(path, GOLDEN), 'utf8');
}

function deadLetter() {
  const why = {
    stage: 'index',
    type: 'document_parsing_exception',
    reason: 'r',
    original: 'x'.repeat(8000),
  } as const;
  return deadLetterDocument({ ...why, stream: FLOWS, eventId: 'e', sender: 's' }, 'default', 0);
}

function heartbeat() {
  const header = {
    version: 1,
    probe: { id: 'p', version: '1', startedMs: 0, host: 'h', pod: undefined },
    ...{ sequence: 1, events: 0, createdMs: 0, heartbeat: true, final: false },
    error: { code: 'NET_RAW_MISSING', message: 'Capturing needs the NET_RAW capability.' },
    counters: Object.fromEntries(PROBE_COUNTERS.map(({ name }, index) => [name, index])),
  } as const;
  const pod = { namespace: 'n', name: 'p', uid: 'u', node: 'k' };
  const sender = { name: 'n', pod, lossy: false };
  return heartbeatDocument(header, { sender, cluster: 'c', namespace: 'default' });
}
