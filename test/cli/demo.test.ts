import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Edges } from '../../services/console/flow-source.ts';
import { missingCommand } from '../integration/missing-command.ts';
import { namespacesUnavailable } from '../integration/namespaces.ts';
import { environmentOfOwned } from '../servers/keeper.ts';
import type { FinishedProcess } from '../support/flowtap-process.ts';
import { FLOWTAP_MAIN, finished, runFlowtap } from '../support/flowtap-process.ts';

const NOBODY = 65_534;

/** What a line of the table says. */
interface Row {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly end: string;
}

function rowsOf(stdout: string): Row[] {
  const pattern = /^\d\d:\d\d:\d\d\.\d{6} (\S+) +(\S+) +→ (\S+) +\d+\/\d+ +\d+\/\d+ +(\S*) +1:\S{27}=$/gm;
  return [...stdout.matchAll(pattern)].map(([, protocol, source, destination, end]) => ({
    protocol,
    source: source.replace(/:\d+$/, ''),
    destination,
    end,
  }));
}

/** Rows that every demo shows, live or recorded. */
const EXPECTED_ROWS: readonly Partial<Row>[] = [
  { protocol: 'tcp', source: 'web', destination: 'shop/shop-1:80', end: 'fin' },
  { protocol: 'tcp', source: 'web', destination: 'shop/shop-1:81', end: 'rst' },
  { protocol: 'udp', source: 'web', destination: 'shop/shop-1:81' },
  // Where there is no `ping`, only that nobody listens at a port.
  { protocol: 'icmp' },
  { protocol: 'ipv6-icmp' },
];

/** The only thing that a demo says beside the flows. */
const CONSOLE_LINE = /^Console: http:\/\/127\.0\.0\.1:\d+\/ while the demo runs, [^\n]+\n$/;
const QUIET_END = { exitCode: 0, stderr: expect.stringMatching(CONSOLE_LINE) };

function expectFlowsAndSummary({ stdout }: FinishedProcess): void {
  const rows = rowsOf(stdout);
  for (const row of EXPECTED_ROWS) expect(rows).toContainEqual(expect.objectContaining(row));
  expect(stdout).toMatch(/^\d+ flows, [\d,]+ packets, 1\d\.\d MiB$/m);
  expect(stdout).toMatch(/^ +[\d.]+ MiB {2}web +→ shop\/shop-\d:80 +tcp +\d+ flows$/m);
  expect(stdout).toContain('\nNext: npm run -s flowtap -- replay FILE');
}

function namespacesOf(pid: number | undefined): string[] {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  return list.map((line) => line.split(' ')[0]).filter((name) => name.startsWith(`flowtap-demo-${pid}-`));
}

const processesIn = (namespace: string): string =>
  execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });

const started = new Set<ChildProcess>();

function startDemo(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [FLOWTAP_MAIN, 'demo', ...args], {
    env: environmentOfOwned(),
    ...options,
  });
  started.add(child);
  return child;
}

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});

function firstRows(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (rowsOf(text).length > 0) resolve();
    });
  });
}

const unavailable = namespacesUnavailable() ?? missingCommand('iptables', 'ip6tables');

/** The services take some seconds to start, and longer beside other tests. */
const DEMO_MS = 120_000;

describe('live', { timeout: DEMO_MS }, () => {
  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  test('shows flows of every kind as they happen, and leaves nothing behind', async () => {
    const child = startDemo(['--duration', '6s']);
    const result = await finished(child);
    expect(result).toMatchObject(QUIET_END);
    expect(result.stdout).toMatch(/^A customer calls the service shop for 6 s/);
    expectFlowsAndSummary(result);
    expect(result.stdout).toMatch(/^Who answered for the service shop\n +\d+ % {2}shop-1 /m);
    expect(result.stdout).toContain(
      'Dropped: 0 packets (kernel), 0 flows (table full), 0 records (not delivered)\n',
    );
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it early with a summary', async (signal) => {
    const child = startDemo(['--duration', '1m']);
    const end = finished(child);
    await firstRows(child);
    expect(namespacesOf(child.pid)).toHaveLength(5);
    child.kill(signal);
    const result = await end;
    expect(result).toMatchObject(QUIET_END);
    expect(result.stdout).toContain('\nTop talkers');
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  test('a demo that is killed loses its children, and the next one takes its namespaces away', async () => {
    const child = startDemo(['--duration', '1m']);
    const end = finished(child);
    await firstRows(child);
    child.kill('SIGKILL');
    await end;
    const left = namespacesOf(child.pid);
    expect(left).toHaveLength(5);
    for (const namespace of left) {
      await vi.waitFor(() => expect(processesIn(namespace)).toBe(''), { timeout: 10_000 });
    }
    await runFlowtap(['demo', '--duration', '1s']);
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  test('says which child failed', async () => {
    const child = startDemo(['--duration', '1m']);
    const end = finished(child);
    await firstRows(child);
    const [shop] = namespacesOf(child.pid).filter((name) => name.endsWith('-shop-1'));
    for (const pid of processesIn(shop).split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
    expect(await end).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /\nflowtap: The demo had to end: .* in .*-shop-1 was ended by SIGKILL\.\n$/,
      ),
    });
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  test('ends when nobody reads', async () => {
    const child = startDemo(['--duration', '1m']);
    await firstRows(child);
    const end = finished(child);
    child.stdout?.destroy();
    expect(await end).toMatchObject(QUIET_END);
    expect(namespacesOf(child.pid)).toEqual([]);
  });
});

describe('recorded', { timeout: DEMO_MS }, () => {
  test('shows the same kinds of flows', async () => {
    const result = await runFlowtap(['demo', '--recorded']);
    expect(result).toMatchObject(QUIET_END);
    expect(result.stdout).toMatch(/^Recorded traffic\.\nThese flows were recorded earlier/);
    expectFlowsAndSummary(result);
    expect(result.stdout).toContain('\nDropped: 0 flows (table full)\n');
  });

  test('stays for whoever looks at its console, with the numbers of its table', async () => {
    const child = startDemo(['--recorded', '--keep-open']);
    const end = finished(child);
    const url = await new Promise<string>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        const stays = /The console stays at (\S+);/.exec(chunk.toString())?.[1];
        if (stays !== undefined) resolve(stays);
      });
    });
    const answer = await fetch(`${url}api/edges?last=all`);
    const { total } = (await answer.json()) as Edges;
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
    child.kill('SIGINT');
    const { exitCode, stdout } = await end;
    expect(exitCode).toBe(0);
    const packets = /^\d+ flows, ([\d,]+) packets/m.exec(stdout)?.[1].replace(',', '');
    expect(total.sourcePackets + total.destinationPackets).toBe(Number(packets));
  });

  test.each([
    ['off', 0, ''],
    ['192.0.2.1:80', 1, expect.stringContaining('--password-file')],
  ])('with --console %s', async (address, exitCode, stderr) => {
    const args = ['demo', '--recorded', '--console', address];
    expect(await runFlowtap(args)).toMatchObject({ exitCode, stderr });
  });

  test('takes the place of live traffic without root', async (ctx) => {
    const identity = process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (process.platform !== 'linux') ctx.skip('not Linux: the reason is another');
    if (spawnSync(process.execPath, [FLOWTAP_MAIN, '--version'], identity).status !== 0) {
      ctx.skip('other users cannot read this checkout');
    }
    const child = startDemo([], identity);
    const end = finished(child);
    await firstRows(child);
    child.kill('SIGINT');
    const result = await end;
    expect(result).toMatchObject(QUIET_END);
    expect(result.stdout).toMatch(/^No live traffic here: making network namespaces needs root\.\n/);
    // Less than the whole, for the signal.
    expect(rowsOf(result.stdout).length).toBeLessThan(40);
    expect(result.stdout).toContain('\nTop talkers');
  });
});

test.each([
  [
    ['demo', '--console', 'here'],
    /--console \(FLOWTAP_CONSOLE\) must be an address such as 127.0.0.1:8080, or off/,
  ],
  [['demo', '--duration', '0'], /--duration \(FLOWTAP_DURATION\) must be a duration/],
  [['demo-traffic', 'nobody', '192.0.2.20'], /Usage: flowtap demo-traffic shop <addresses>/],
  [['demo-traffic', 'web', 'shop.example'], /Usage: flowtap demo-traffic shop <addresses>/],
  [['demo-services', '{}'], /Usage: flowtap demo-services <state>/],
])('%j is wrong usage', async (args, message) => {
  const { exitCode, stderr } = await runFlowtap(args);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});
