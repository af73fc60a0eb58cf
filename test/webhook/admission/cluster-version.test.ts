import { expect, it } from 'vitest';
import { sidecarOfCluster } from '../../../services/webhook/admission/cluster-version.ts';

const signal = new AbortController().signal;
const answering = (status: number, body: unknown) => ({
  request: async () => ({ status, headers: {}, body }),
});

it.each([
  ['1', '36', 'native'],
  ['1', '32', 'native'],
  ['1', '32+', 'native'],
  ['1', '31', 'plain'],
  ['1', '28', 'plain'],
  ['2', '0', 'native'],
])('version %s.%s has %s sidecars on all nodes', async (major, minor, kind) => {
  expect(await sidecarOfCluster(answering(200, { major, minor }), signal)).toBe(kind);
});

it('a server that behaves as an older one counts as that', async () => {
  const version = { major: '1', minor: '34', emulationMajor: '1', emulationMinor: '31' };
  expect(await sidecarOfCluster(answering(200, version), signal)).toBe('plain');
});

it.each([
  [403, { message: 'forbidden' }],
  [200, { gitVersion: 'v1.34.4' }],
  [200, 'no JSON'],
])('an answer of %d %j is none', async (status, body) => {
  await expect(sidecarOfCluster(answering(status, body), signal)).rejects.toMatchObject({
    code: 'KUBERNETES_REFUSED',
    message: expect.stringContaining('--sidecar'),
  });
});
