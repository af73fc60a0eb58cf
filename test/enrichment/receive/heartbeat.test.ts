import { expect, test } from 'vitest';
import { toSender } from '../../../services/enrichment/receive/batch-sender.ts';
import { heartbeatDocument, nestCounters } from '../../../services/enrichment/receive/heartbeat.ts';
import { batchHeader, PROBE } from '../../fixtures/flow-batch.ts';

const pod = { namespace: 'shop', name: 'web-1', uid: 'uid-1', node: 'node-a' };
const origin = { cluster: 'demo', namespace: 'default' };

test('says which pod and probe, and its counters as objects', () => {
  const header = batchHeader({ sequence: 7, final: true });
  const sender = toSender({ method: 'token_review', name: 'sa', pod }, header, false);
  const { stream, body } = heartbeatDocument(header, { sender, ...origin });
  expect(stream).toBe('metrics-flowtap.probe-default');
  expect(JSON.parse(body)).toEqual({
    '@timestamp': '2026-01-15T10:03:10.000Z',
    ecs: { version: '9.3.0' },
    data_stream: { type: 'metrics', dataset: 'flowtap.probe', namespace: 'default' },
    event: { kind: 'metric', dataset: 'flowtap.probe', module: 'flowtap', provider: 'flowtap' },
    agent: { type: 'flowtap', id: 'probe-1', version: '1.2.3' },
    host: { name: 'node-a' },
    observer: { type: 'sensor', vendor: 'flowtap', name: 'node-a', version: '1.2.3' },
    orchestrator: {
      type: 'kubernetes',
      cluster: { name: 'demo' },
      namespace: 'shop',
      resource: { type: 'pod', name: 'web-1', id: 'uid-1' },
    },
    kubernetes: { namespace: 'shop', pod: { name: 'web-1', uid: 'uid-1' }, node: { name: 'node-a' } },
    flowtap: {
      probe: { id: 'probe-1', started: '2026-01-15T09:56:40.000Z', sequence: 7, final: true },
      counters: { capture: { packets: 100, kernel_drops: 0 } },
    },
  });
});

test('says why a probe captures nothing', () => {
  const error = { code: 'NET_RAW_MISSING', message: 'Capturing needs the NET_RAW capability.' };
  const header = batchHeader({ error });
  const sender = toSender({ method: 'token_review', name: 'sa', pod }, header, false);
  expect(JSON.parse(heartbeatDocument(header, { sender, ...origin }).body)).toMatchObject({ error });
});

test('the same batch is the same document, another one another', () => {
  const id = (sequence: number, name: string) => {
    const header = batchHeader({ sequence });
    const sender = toSender(
      { method: 'token_file', name },
      { ...header, probe: { ...PROBE, pod: undefined } },
      false,
    );
    return heartbeatDocument(header, { sender, ...origin }).id;
  };
  expect(id(1, 'a')).toBe(id(1, 'a'));
  expect(new Set([id(1, 'a'), id(2, 'a'), id(1, 'b')]).size).toBe(3);
});

test.each([
  [{ a: 1, 'a.b': 2 }, { a: { total: 1, b: 2 } }],
  [{ 'a.b': 2, a: 1 }, { a: { total: 1, b: 2 } }],
  [
    { 'constructor.prototype': 1, to_string: 2 },
    { constructor: { prototype: 1 }, to_string: 2 },
  ],
])('%j is %j', (counters, nested) => {
  expect(JSON.parse(JSON.stringify(nestCounters(counters)))).toEqual(nested);
  expect(Object.hasOwn(Object.prototype, 'total')).toBe(false);
});
