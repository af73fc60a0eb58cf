import { expect, test } from 'vitest';
import type { ConfigTable } from '../../services/runtime/config.ts';
import { isServiceLink, unknownVariables } from '../../services/runtime/config-environment.ts';
import { text } from '../../services/runtime/config-values.ts';

const TABLE = {
  output: { flag: '--output <path>', env: 'FLOWTAP_OUTPUT', parse: text(), doc: 'where to' },
} as const satisfies ConfigTable;

// What Kubernetes sets in every container beside a service called flowtap-webhook.
test.each([
  'FLOWTAP_WEBHOOK_SERVICE_HOST',
  'FLOWTAP_WEBHOOK_SERVICE_PORT',
  'FLOWTAP_WEBHOOK_SERVICE_PORT_HTTPS',
  'FLOWTAP_WEBHOOK_PORT',
  'FLOWTAP_WEBHOOK_PORT_443_TCP',
  'FLOWTAP_WEBHOOK_PORT_443_TCP_PROTO',
  'FLOWTAP_WEBHOOK_PORT_443_TCP_PORT',
  'FLOWTAP_WEBHOOK_PORT_443_TCP_ADDR',
  'FLOWTAP_PORT',
])('%s is no setting', (name) => {
  expect(isServiceLink(name)).toBe(true);
  expect(unknownVariables([TABLE], { [name]: 'tcp://10.0.0.1:443' })).toEqual([]);
});

test('a misspelt variable is found, others are not ours', () => {
  const env = { FLOWTAP_OUTPUT: 'a', FLOWTAP_OUTPTU: 'b', PATH: '/bin', FLOWTAP: 'c' };
  expect(unknownVariables([TABLE], env)).toEqual(['FLOWTAP_OUTPTU']);
});
