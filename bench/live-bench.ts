import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveCapture, Seen } from './live-captures.ts';
import { anonymousKibibytes, cpuNanoseconds, hasPacketSocket } from './process-usage.ts';
import type { VethPair } from './veth-pair.ts';
import { makeVethPair } from './veth-pair.ts';

/** What is sent while a capture is measured. */
export interface LiveLoad {
  readonly flows: number;
  /** 0 is as fast as the sender can. */
  readonly packetsPerSecond: number;
  /** Sent before, so that code is compiled and the flows are known. */
  readonly warmUpPackets: number;
  readonly packets: number;
}

/** A capture's result under one load. */
export interface LiveResult {
  readonly capture: LiveCapture;
  readonly load: LiveLoad;
  /** What arrived at the interface, for each second. */
  readonly offeredPerSecond: number;
  /** CPU time of the capturing process for each packet that it captured. */
  readonly cpuNanosecondsPerPacket: number;
  readonly anonymousKibibytes: number;
  /** All packets, the warm-up included, as `seen` counts them. */
  readonly sent: number;
  readonly seen: Seen;
}

const READY_TIMEOUT_MS = 10_000;
/** Until what the kernel still holds has been read. */
const DRAIN_MS = 500;

/** The captures that can run here under every load, `rounds` times in turn; gives the medians. */
export async function benchLive(
  folder: string,
  wanted: readonly LiveCapture[],
  loads: readonly LiveLoad[],
  rounds: number,
  progress: (text: string) => void,
): Promise<readonly LiveResult[]> {
  const captures = wanted.filter((capture) => capture.missing() === undefined);
  const results: LiveResult[] = [];
  const pair = makeVethPair();
  try {
    for (const load of loads) {
      const runs = new Map<LiveCapture, LiveResult[]>(captures.map((capture) => [capture, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const capture of captures) {
          const result = await runOnce(capture, load, pair, folder);
          runs.get(capture)?.push(result);
          progress(
            `  ${load.flows} flows, round ${round}, ${capture.name}: ${result.cpuNanosecondsPerPacket.toFixed(0)} ns a packet`,
          );
        }
      }
      for (const ofCapture of runs.values()) results.push(medianResult(ofCapture));
    }
  } finally {
    pair.close();
  }
  return results;
}

async function runOnce(
  capture: LiveCapture,
  load: LiveLoad,
  pair: VethPair,
  folder: string,
): Promise<LiveResult> {
  const runFolder = join(folder, 'run');
  rmSync(runFolder, { recursive: true, force: true });
  mkdirSync(runFolder, { recursive: true });
  const command = capture.command(pair.receiverInterface, runFolder);
  const child = spawn('ip', ['netns', 'exec', pair.receiver, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const pid = child.pid ?? 0;
  const sender = startSender(pair, load);
  try {
    await ready(child, pid);
    sender.start();
    await sender.next();
    await sleep(DRAIN_MS);
    const before = cpuNanoseconds(pid);
    sender.start();
    const { seconds } = await sender.next();
    await sleep(DRAIN_MS);
    const used = cpuNanoseconds(pid) - before;
    const memory = anonymousKibibytes(pid);
    child.kill('SIGINT');
    const { stdout, stderr } = await output;
    const sent = load.warmUpPackets + load.packets;
    const seen = capture.seen(stdout, stderr);
    return {
      capture,
      load,
      offeredPerSecond: load.packets / seconds,
      cpuNanosecondsPerPacket: used / (load.packets * (seen.packets / sent)),
      anonymousKibibytes: memory,
      sent,
      seen,
    };
  } finally {
    child.kill('SIGKILL');
    sender.close();
    rmSync(runFolder, { recursive: true, force: true });
  }
}

async function ready(child: ChildProcess, pid: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    if (hasPacketSocket(pid)) return sleep(DRAIN_MS);
    await sleep(10);
  }
  throw new Error(`${child.spawnargs.join(' ')} does not capture`);
}

interface Sender {
  /** Lets it send: first the warm-up, then the measured packets. */
  start(): void;
  /** What it says of the packets that it has just sent. */
  next(): Promise<{ readonly seconds: number }>;
  close(): void;
}

function startSender(pair: VethPair, load: LiveLoad): Sender {
  const blaster = join(import.meta.dirname, 'packet-blaster.ts');
  const { flows, warmUpPackets, packets, packetsPerSecond } = load;
  const words = [
    pair.senderInterfaceIndex,
    pair.receiverMac,
    flows,
    warmUpPackets,
    packets,
    packetsPerSecond,
  ];
  const command = ['netns', 'exec', pair.sender, process.execPath, blaster, ...words.map(String)];
  const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    start: () => child.stdin.write('\n'),
    next: async () => {
      const { value } = await lines.next();
      if (value === undefined) throw new Error('the sender ended too early');
      return JSON.parse(value);
    },
    close: () => child.kill('SIGKILL'),
  };
}

async function collect(child: ChildProcess): Promise<{ stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  return { stdout, stderr };
}

/** The run with the median CPU time, and the median of the memory of all. */
function medianResult(runs: readonly LiveResult[]): LiveResult {
  const middle = runs.length >> 1;
  const byMemory = runs.map((run) => run.anonymousKibibytes).toSorted((a, b) => a - b);
  const byCpu = runs.toSorted((a, b) => a.cpuNanosecondsPerPacket - b.cpuNanosecondsPerPacket);
  return { ...byCpu[middle], anonymousKibibytes: byMemory[middle] };
}
