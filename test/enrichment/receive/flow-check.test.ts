import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkFlow } from '../../../services/enrichment/receive/flow-check.ts';
import { plainEvent } from '../../fixtures/flow-batch.ts';

const EVENTS = readFileSync(new URL('../../golden/ecs-events.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

test.each(EVENTS)('a record of the probe passes unchanged: %.80s', (line) => {
  const event = JSON.parse(line);
  expect(checkFlow(event)).toBeUndefined();
  expect(event).toEqual(JSON.parse(line));
});

describe('what is wrong is named, with what was expected', () => {
  test.each<[unknown, string, string]>([
    [7, '', 'an event must be a JSON object, not 7'],
    [[], '', 'an event must be a JSON object, not []'],
    [null, '', 'an event must be a JSON object, not null'],
    [{}, '@timestamp', '@timestamp must be a time such as 2026-01-15T10:03:10.000Z; it is missing'],
    [
      plainEvent({ '@timestamp': 'now' }),
      '@timestamp',
      '@timestamp must be a time such as 2026-01-15T10:03:10.000Z, not "now"',
    ],
    [
      plainEvent({ '@timestamp': '2026-13-15T10:03:10Z' }),
      '@timestamp',
      expect.stringContaining('not "2026-13'),
    ],
    [
      plainEvent({ '@timestamp': '2026-01-15T10:03:10' }),
      '@timestamp',
      expect.stringContaining('must be a time'),
    ],
    [plainEvent({ '@timestamp': 1e30 }), '@timestamp', expect.stringContaining('not 1e+30')],
    [
      plainEvent({ source: 'x' }),
      'source',
      'source must be an object with the address in source.ip, not "x"',
    ],
    [plainEvent({ source: { ip: 'x' } }), 'source.ip', 'source.ip must be an IP address, not "x"'],
    [plainEvent({ source: { ip: '1.2.3' } }), 'source.ip', expect.stringContaining('not "1.2.3"')],
    [plainEvent({ source: { ip: 'fe80::1%eth0' } }), 'source.ip', expect.stringContaining('%eth0')],
    [plainEvent({ source: {} }), 'source.ip', 'source.ip must be an IP address; it is missing'],
    [plainEvent({ destination: undefined }), 'destination', expect.stringContaining('it is missing')],
    [
      plainEvent({ destination: { ip: '1.2.3.4', port: 70_000 } }),
      'destination.port',
      'destination.port must be a whole number from 0 to 65535, not 70000',
    ],
    [
      plainEvent({ destination: { ip: '1.2.3.4', port: '80' } }),
      'destination.port',
      expect.stringContaining('not "80"'),
    ],
    [plainEvent({ source: { ip: '1.2.3.4', bytes: -1 } }), 'source.bytes', expect.stringContaining('not -1')],
    [
      plainEvent({ source: { ip: '1.2.3.4', packets: 1.5 } }),
      'source.packets',
      expect.stringContaining('not 1.5'),
    ],
    [plainEvent({ event: 'x' }), 'event', 'event must be an object, not "x"'],
    [plainEvent({ flowtap: [] }), 'flowtap', 'flowtap must be an object, not []'],
    [plainEvent({ event: { id: '' } }), 'event.id', 'event.id must be text of 1 to 1024 characters, not ""'],
    [plainEvent({ event: { start: 5 } }), 'event.start', expect.stringContaining('must be a time')],
    [
      plainEvent({ event: { type: [1] } }),
      'event.type',
      'event.type must be text, or a list of texts, not [1]',
    ],
    [plainEvent({ network: { transport: 6 } }), 'network.transport', expect.stringContaining('not 6')],
    [plainEvent({ related: { ip: 1 } }), 'related.ip', expect.stringContaining('not 1')],
    [plainEvent({ event: { id: 'x'.repeat(2000) } }), 'event.id', expect.stringMatching(/not "x{79}…$/)],
    [
      { '@timestamp': '2026-01-15T10:03:10Z', 'source.ip': 'x', 'destination.ip': '1.2.3.4' },
      'source.ip',
      'source.ip must be an IP address, not "x"',
    ],
    [{ 'a.b': 1, a: 2 }, 'a.b', 'a.b stands beside a value of a; a field has one or the other'],
    [
      JSON.parse('{"__proto__.polluted": 1}'),
      '__proto__.polluted',
      '__proto__.polluted is no name of a field',
    ],
    [
      JSON.parse('{"a.constructor.prototype.x": 1}'),
      'a.constructor.prototype.x',
      expect.stringContaining('no name'),
    ],
  ])('%j', (event, field, message) => {
    expect(checkFlow(event)).toEqual({ field, message });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

test('what other senders write differently is brought into one form', () => {
  const event = {
    '@timestamp': 1_768_471_390_000,
    'source.ip': '10.0.0.1',
    'source.port': 1,
    'source.kubernetes.pod.name': 'mine',
    'destination.ip': '2001:db8::1',
    'destination.port': null,
    'event.type': 'connection',
    'event.end': null,
    'network.iana_number': 6,
    'related.ip': '10.0.0.1',
    observer: null,
  };
  expect(checkFlow(event)).toBeUndefined();
  expect(event).toEqual({
    '@timestamp': '2026-01-15T10:03:10.000Z',
    source: { ip: '10.0.0.1', port: 1, kubernetes: { pod: { name: 'mine' } } },
    destination: { ip: '2001:db8::1' },
    event: { type: ['connection'] },
    network: { iana_number: '6' },
    related: { ip: ['10.0.0.1'] },
  });
});

test('a value too deep to be written is refused as any other', () => {
  const source = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
  expect(checkFlow(plainEvent({ source }))?.message).toMatch(/not a value in too many others$/);
});
