import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TCP } from '../../../services/core/protocol.ts';
import { ManualRun } from './manual-run.ts';

beforeEach((ctx) => {
  if (process.platform !== 'linux') ctx.skip('/proc/net exists on Linux only');
});

async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

describe('every ten seconds', () => {
  it.each([
    { turnsAtMs: [0, 250, 9999], releases: 0 },
    { turnsAtMs: [9999, 10_000], releases: 1 },
    { turnsAtMs: [10_000, 10_001, 19_999], releases: 1 },
    { turnsAtMs: [10_000, 20_000], releases: 2 },
    { turnsAtMs: [12_000, 20_000, 21_999], releases: 1 },
    { turnsAtMs: [12_000, 22_000], releases: 2 },
    { turnsAtMs: [3_600_000], releases: 1 },
    // A clock that is set back.
    { turnsAtMs: [-9999], releases: 0 },
    { turnsAtMs: [-3_600_000, -3_599_000], releases: 1 },
  ])('turns at $turnsAtMs ms release memory $releases times', async ({ turnsAtMs, releases }) => {
    const run = await ManualRun.start({ windowMs: 1000 });
    for (const ms of turnsAtMs) run.turnAt(ms);
    expect(run.releases).toBe(releases);
    await run.end();
  });

  it('ports that are served are learned, those at the start before the first packet', async () => {
    const early = await listen();
    const run = await ManualRun.start({ windowMs: 1000 });
    expect(run.meter.listeningPorts.has(TCP, early.port)).toBe(true);
    const late = await listen();
    run.turnAt(9999);
    expect(run.meter.listeningPorts.has(TCP, late.port)).toBe(false);
    run.turnAt(10_000);
    await vi.waitFor(() => expect(run.meter.listeningPorts.has(TCP, late.port)).toBe(true));
    await run.end();
    for (const { server } of [early, late]) server.close();
  });
});
