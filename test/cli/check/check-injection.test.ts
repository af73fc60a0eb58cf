import { expect, test } from 'vitest';
import { checkInjection } from '../../../services/cli/check/check-injection.ts';
import type { ApiRequest } from '../../../services/runtime/kubernetes/api-client.ts';

const signal = new AbortController().signal;
const containers = [{ name: 'app' }];
const probe = { name: 'flowtap-probe' };

test.each([
  [
    201,
    { spec: { containers, initContainers: [probe] } },
    '',
    /^ok A pod .* would get the probe, as a native/,
  ],
  [201, { spec: { containers: [...containers, probe] } }, '', /^ok .* as a plain container/],
  [201, { spec: { containers } }, '', /^fail .* no probe, and the webhook says nothing/],
  [
    201,
    { spec: { containers } },
    '299 - "something else, \\"quoted\\"", 299 - "no flowtap probe (psa_forbids_net_raw): Pod Security"',
    /^fail A pod in shop would get no flowtap probe \(psa_forbids_net_raw\): Pod Security$/,
  ],
  [403, { message: 'pods is forbidden: User "x" cannot create resource "pods"' }, '', /^warn .* may not/],
  [
    403,
    { message: 'pods "a" is forbidden: violates PodSecurity "baseline"' },
    '',
    /^fail .* refused: .*PodSecurity/,
  ],
  [403, { message: 'exceeded quota' }, '', /^fail .* refused: exceeded quota/],
  [404, { message: 'not found' }, '', /^fail There is no namespace shop/],
  [500, { message: 'failed calling webhook' }, '', /^fail .* refused: failed calling webhook/],
])('%i %j %s', async (status, body, warning, says) => {
  const asked: ApiRequest[] = [];
  const api = {
    request: (request: ApiRequest) => {
      asked.push(request);
      return Promise.resolve({ status, body, headers: { warning } });
    },
  };
  const { outcome, message } = await checkInjection(api, 'shop', signal);
  expect(`${outcome} ${message}`).toMatch(says);
  // Nothing is ever created.
  expect(asked.map(({ query }) => query)).toEqual([{ dryRun: 'All' }]);
});
