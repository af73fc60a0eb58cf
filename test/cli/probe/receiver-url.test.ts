import { describe, expect, test } from 'vitest';
import { DELIVERY_SETTINGS } from '../../../services/cli/commands/delivery-settings.ts';
import { probeIdentity } from '../../../services/cli/probe/probe-identity.ts';
import { isReceiverUrl, readReceiverUrl } from '../../../services/cli/probe/receiver-url.ts';
import { loadConfig } from '../../../services/runtime/config.ts';

const config = (flags: Readonly<Record<string, string>> = {}) =>
  loadConfig(DELIVERY_SETTINGS, { flags, env: {} });

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

test.each([
  ['stdout', false],
  ['-', false],
  ['/var/log/flows', false],
  ['https:', false],
  ['httpsomething', false],
  ['http://host/v1/flows', true],
  ['HTTPS://host', true],
])('%s is a receiver: %s', (output, expected) => {
  expect(isReceiverUrl(output)).toBe(expected);
});

describe('a receiver', () => {
  test.each([
    ['https://flows:8443/v1/flows?a=b', 'https://flows:8443/v1/flows?a=b'],
    ['http://[fd00::1]:8080', 'http://[fd00::1]:8080/'],
  ])('%s is %s', (output, href) => {
    expect(readReceiverUrl(output, config()).href).toBe(href);
  });

  test.each([
    [
      'https://me:secret@ho st/',
      {},
      '--output (FLOWTAP_OUTPUT) is no URL such as https://flowtap-enrichment:8443/v1/flows.',
    ],
    [
      'https://me:secret@host/',
      {},
      '--output (FLOWTAP_OUTPUT) must not hold a password; name a file with --token-file.',
    ],
    [
      'https://host/',
      { clientCertFile: 'a' },
      '--client-cert-file and --client-key-file must be given together.',
    ],
    ['https://host/', { ca: PEM, caFile: 'a' }, '--ca and --ca-file say the same: give one of them.'],
    [
      'https://host/',
      { clientKeyFile: 'a' },
      '--client-cert-file and --client-key-file must be given together.',
    ],
  ])('%s with %j is refused: %s', (output, flags, message) => {
    expect(() => readReceiverUrl(output, config(flags))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message }),
    );
  });
});

describe('the identity of a probe', () => {
  const run = { id: 'id', version: '1', startedMs: 5, host: 'h' };
  const pod = { podName: 'web', podNamespace: 'shop', podUid: 'u', nodeName: 'n' };

  test('has its pod, when all of it is known', () => {
    expect(probeIdentity(run, config({ ...pod, podIps: '10.0.0.1, fd00::1' }))).toEqual({
      ...run,
      pod: { name: 'web', namespace: 'shop', uid: 'u', node: 'n', ips: ['10.0.0.1', 'fd00::1'] },
    });
  });

  test.each(['podName', 'podNamespace', 'podUid', 'nodeName'])('has none without its %s', (missing) => {
    expect(
      probeIdentity(run, config(Object.fromEntries(Object.entries(pod).filter(([name]) => name !== missing))))
        .pod,
    ).toBeUndefined();
  });
});

test('an authority as text is PEM, and is not repeated in a complaint', () => {
  expect(config({ ca: PEM }).ca).toBe(PEM.trim());
  expect(() => config({ ca: 'secret' })).toThrow('--ca (FLOWTAP_CA) must be certificates as PEM text.');
});
