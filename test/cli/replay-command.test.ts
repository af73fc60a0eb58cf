import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { afterAll, describe, expect, test } from 'vitest';

import { CONNECTION_SUMS, pcapFile, tcpConnection } from '../fixtures/pcap-file.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { parseEvents } from '../support/flow-event.ts';
import { FLOWTAP_MAIN, finished, runFlowtap } from '../support/flowtap-process.ts';
import { parseSummary } from '../support/summary-text.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

const FRAMES = tcpConnection(1000, '10.0.0.1', 40_000);
const CAPTURE = pcapFile(FRAMES);
const CAPTURE_PATH = folder.fileOf(CAPTURE);
/** The length of its last frame in the file: record header, Ethernet, IPv4, TCP. */
const LAST_FRAME_BYTES = 16 + 14 + 20 + 20;

/** Each frame in one of two captures, in turns. */
const [EVEN, ODD] = [0, 1].map((rest) => pcapFile(FRAMES.filter((_, index) => index % 2 === rest)));
const [EVEN_PATH, ODD_PATH] = [EVEN, ODD].map((capture) => folder.fileOf(capture));

const MANY_FLOWS = 5000;
const MANY_PATH = folder.fileOf(
  pcapFile(
    Array.from({ length: MANY_FLOWS }, (_, index) =>
      tcpConnection(1000 + Math.floor(index / 100), `10.1.${index >> 8}.${index & 0xff}`, 40_000),
    ).flat(),
  ),
);

const CONNECTION_EVENT = {
  '@timestamp': '1970-01-01T00:16:50.000Z',
  event: {
    type: ['connection', 'start', 'end'],
    start: '1970-01-01T00:16:40.000000000Z',
    end: '1970-01-01T00:16:40.005000000Z',
    duration: 5_000_000,
  },
  flow: { final: true },
  network: { type: 'ipv4', transport: 'tcp', direction: 'unknown', packets: 6, bytes: 340 },
  source: { ip: '10.0.0.1', port: 40_000, ...CONNECTION_SUMS.client },
  destination: { ip: '10.0.0.2', port: 80, ...CONNECTION_SUMS.server },
  flowtap: {
    initiator: { evidence: 'syn' },
    end_reason: 'fin',
    window: { start: '1970-01-01T00:16:40.000Z', end: '1970-01-01T00:16:50.000Z' },
    tcp: { source: { sequence: { initial: 1000, highest: 1100, payload_bytes: 100 } } },
  },
};

describe('what it reads', () => {
  test.each([
    { name: 'a file', args: [CAPTURE_PATH] },
    { name: 'standard input', args: ['-'], input: CAPTURE },
    { name: 'a gzip file', args: [folder.fileOf(gzipSync(CAPTURE))] },
    { name: 'gzip on standard input', args: ['-'], input: gzipSync(CAPTURE) },
    { name: 'several files, in order of time', args: [EVEN_PATH, ODD_PATH] },
    { name: 'several files in another order', args: [ODD_PATH, EVEN_PATH] },
    { name: 'standard input beside a file', args: ['-', ODD_PATH], input: EVEN },
  ])('$name', async ({ args, input }) => {
    const { exitCode, stdout, stderr } = await runFlowtap(['replay', ...args], input && { input });
    expect(exitCode).toBe(0);
    expect(parseEvents(stdout)).toMatchObject([CONNECTION_EVENT]);
    expect(parseSummary(stderr).get('frames')).toBe(6);
  });

  test('--each reads every file on its own and names it', async () => {
    const { exitCode, stdout } = await runFlowtap(['replay', '--each', EVEN_PATH, ODD_PATH, CAPTURE_PATH]);
    expect(exitCode).toBe(0);
    expect(parseEvents(stdout)).toMatchObject([
      { log: { file: { path: EVEN_PATH } }, source: { packets: 3 }, destination: { packets: 0 } },
      { log: { file: { path: ODD_PATH } }, source: { packets: 1 }, destination: { packets: 2 } },
      { log: { file: { path: CAPTURE_PATH } }, source: { packets: 4 }, destination: { packets: 2 } },
    ]);
  });
});

describe('--format', () => {
  test('table is for people', async () => {
    const { exitCode, stdout } = await runFlowtap(['replay', '--format', 'table', CAPTURE_PATH]);
    const [event] = parseEvents((await runFlowtap(['replay', CAPTURE_PATH])).stdout);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ +/))).toEqual([
      ['START', 'PROTO', 'SOURCE', 'DESTINATION', 'PACKETS', 'BYTES', 'END', 'COMMUNITY', 'ID'],
      [
        '00:16:40.000000',
        'tcp',
        '10.0.0.1:40000',
        '→',
        '10.0.0.2:80',
        '4/2',
        '260/80',
        'fin',
        event.network.community_id,
      ],
      [''],
    ]);
  });

  test('summary is the counters alone, on standard output', async () => {
    const { exitCode, stdout, stderr } = await runFlowtap(['replay', '--format', 'summary', CAPTURE_PATH]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(Object.fromEntries(parseSummary(stdout))).toMatchObject({
      frames: 6,
      'frames in no flow': 0,
      'IP packets in flows': 6,
      'IP bytes in flows': 340,
      flows: 1,
      records: 1,
      'damaged or unreadable files': 0,
    });
  });
});

describe('what cannot be read, or not to its end, is named, and the rest is read', () => {
  const other = folder.fileOf(pcapFile(tcpConnection(2000, '10.0.0.9', 40_000)));
  const cases = [
    {
      name: 'a file that ends within a frame',
      path: folder.fileOf(CAPTURE.subarray(0, -1)),
      says: `TRUNCATED_FRAME at byte ${CAPTURE.length - LAST_FRAME_BYTES}: `,
      packets: 5,
    },
    {
      name: 'gzip that ends too early',
      path: folder.fileOf(gzipSync(CAPTURE).subarray(0, -20)),
      says: 'BAD_GZIP at byte ',
    },
    {
      name: 'a file that ends within its header',
      path: folder.fileOf(CAPTURE.subarray(0, 10)),
      says: 'TRUNCATED_HEADER at byte 0: ',
    },
    {
      name: 'a file of another kind',
      path: folder.fileOf(Buffer.from('text')),
      says: 'NOT_A_CAPTURE at byte 0: ',
    },
    { name: 'a path where nothing is', path: folder.newPath(), says: 'UNREADABLE: There is no such file.' },
    { name: 'a folder', path: folder.path, says: 'UNREADABLE: It is a directory.' },
  ];

  test.each(cases)('$name', async ({ path, says, packets }) => {
    const { exitCode, stdout, stderr } = await runFlowtap(['replay', path, other]);
    expect(exitCode).toBe(3);
    expect(stderr.split('\n')[0]).toContain(`${path}: ${says}`);
    expect(parseSummary(stderr).get('damaged or unreadable files')).toBe(1);
    const events = parseEvents(stdout);
    expect(events.at(-1)).toMatchObject({ source: { ip: '10.0.0.9' }, network: { packets: 6 } });
    if (packets !== undefined) expect(events[0]).toMatchObject({ network: { packets } });
  });
});

describe('wrong usage', () => {
  test.each([
    { args: ['replay'], says: "error: missing required argument 'file'" },
    { args: ['replay', '--frobnicate', CAPTURE_PATH], says: "error: unknown option '--frobnicate'" },
    {
      args: ['replay', '--threads', '0', CAPTURE_PATH],
      says: 'flowtap: CONFIG_INVALID: --threads (FLOWTAP_THREADS)',
    },
    {
      args: ['replay', '--window', 'ten', CAPTURE_PATH],
      says: 'flowtap: CONFIG_INVALID: --window (FLOWTAP_WINDOW)',
    },
    { args: ['frobnicate'], says: "error: unknown command 'frobnicate'" },
  ])('$args', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await runFlowtap(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.startsWith(says)).toBe(true);
  });
});

describe('variables of the environment', () => {
  test.each([
    { args: [], env: { FLOWTAP_FORMAT: 'table' }, starts: 'START ' },
    { args: ['--format', 'ndjson'], env: { FLOWTAP_FORMAT: 'table' }, starts: '{' },
  ])('$env with $args', async ({ args, env, starts }) => {
    const { stdout } = await runFlowtap(['replay', ...args, CAPTURE_PATH], { env });
    expect(stdout.slice(0, starts.length)).toBe(starts);
  });

  test('one that cannot be used is wrong usage', async () => {
    const { exitCode, stderr } = await runFlowtap(['replay', CAPTURE_PATH], {
      env: { FLOWTAP_FORMAT: 'xml' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--format (FLOWTAP_FORMAT)');
  });
});

test('a signal ends it, with the records of what had been read', async () => {
  const child = spawn(process.execPath, [FLOWTAP_MAIN, 'replay', '-']);
  const end = finished(child);
  // More than a pipe holds: when all of it is written, the program reads.
  await new Promise((resolve) => child.stdin.write(readFileSync(MANY_PATH), resolve));
  child.kill('SIGINT');
  const { exitCode, stdout, stderr } = await end;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('\nInterrupted: ');
  expect(parseEvents(stdout).length).toBeGreaterThan(0);
});

test('two threads give the records of one', async () => {
  const [one, two] = await Promise.all(
    ['1', '2'].map((threads) => runFlowtap(['replay', '--threads', threads, MANY_PATH])),
  );
  expect(one.exitCode).toBe(0);
  expect(two.exitCode).toBe(0);
  const lines = one.stdout.split('\n').sort();
  expect(lines.length).toBe(MANY_FLOWS + 1);
  expect(two.stdout.split('\n').sort()).toEqual(lines);
  expect(two.stderr).toBe(one.stderr);
});

test.each(['1', '2'])('a reader that closes the pipe is no error, with %s threads', async (threads) => {
  const command = `"${process.execPath}" "${FLOWTAP_MAIN}" replay --threads ${threads} "${MANY_PATH}"`;
  const shell = spawn('sh', ['-c', `{ ${command}; echo "exit code $?" >&2; } | head -n 1`]);
  const { stdout, stderr } = await finished(shell);
  expect(parseEvents(stdout).length).toBe(1);
  expect(stderr.endsWith('\nexit code 0\n')).toBe(true);
  expect(stderr).not.toMatch(/error|EPIPE|\n +at /i);
});
