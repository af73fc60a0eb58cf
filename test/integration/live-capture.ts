import { fileURLToPath } from 'node:url';

import { expect, vi } from 'vitest';

import type { LiveSourceOptions } from '../../services/probe/capture/live-source.ts';
import type { SourceStatistics } from '../../services/probe/capture/packet-source.ts';
import type { Namespace } from './namespaces.ts';

/** A frame as the sink saw it. */
export interface CapturedFrame {
  /** What was captured of it, in hexadecimal. */
  readonly bytes: string;
  readonly wireBytes: number;
  readonly linkType: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** ORIGIN_ of packet-sink.ts. */
  readonly origin: number;
  readonly gsoType: number;
  readonly gsoSize: number;
}

export interface CaptureChildOptions extends LiveSourceOptions {
  /** What captures: a ring that is read all the time (the default), or only when it stops, or libpcap. */
  readonly through?: 'ring' | 'unread_ring' | 'libpcap';
}

export type ParentRequest = 'statistics' | 'stop';

export interface ChildReply {
  readonly ready?: true;
  readonly statistics?: SourceStatistics;
  readonly frames?: readonly CapturedFrame[];
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

export interface CaptureResult {
  readonly frames: readonly CapturedFrame[];
  readonly statistics: SourceStatistics;
}

/** A capture that was refused, with the code of its FlowtapError. */
export class CaptureRefused extends Error {
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.name = 'CaptureRefused';
    this.code = code;
  }
}

export interface RunningCapture {
  statistics(): Promise<SourceStatistics>;
  /** Waits until so many frames were taken. */
  framesToBe(count: number): Promise<void>;
  /** Waits until these interfaces, and no others, are captured on. */
  interfacesToBe(names: readonly string[]): Promise<void>;
  /** Ends the capture; gives the frames that passed before. */
  stop(): Promise<CaptureResult>;
}

/**
 * Captures inside a namespace, from when this resolves until `stop`. `prefix` is a command that runs the capture,
 * such as setpriv with its options. Rejects with CaptureRefused.
 */
export async function startCapture(
  namespace: Namespace,
  options: CaptureChildOptions = {},
  prefix: readonly string[] = [],
): Promise<RunningCapture> {
  const script = fileURLToPath(new URL('capture-child.ts', import.meta.url));
  const [command, ...args] = [...prefix, process.execPath, script, JSON.stringify(options)];
  const child = namespace.spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

  const nextReply = (): Promise<ChildReply> =>
    new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        child.off('exit', onExit);
        const answer = message as ChildReply;
        if (answer.error === undefined) {
          resolve(answer);
          return;
        }
        child.disconnect();
        reject(new CaptureRefused(answer.error.code, answer.error.message));
      };
      const onExit = (code: number | null, signal: string | null): void => {
        child.off('message', onMessage);
        reject(new Error(`the capture ended by itself (exit code ${code}, signal ${signal})`));
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
    });

  const ask = async (request: ParentRequest): Promise<ChildReply> => {
    if (!child.connected) throw new Error('the capture has ended by itself');
    const answer = nextReply();
    child.send(request);
    return await answer;
  };

  const statistics = async (): Promise<SourceStatistics> => (await ask('statistics')).statistics!;
  const until = (expectation: (statistics: SourceStatistics) => void): Promise<void> =>
    vi.waitFor(async () => expectation(await statistics()), { interval: 5, timeout: 5000 });

  await nextReply();
  return {
    statistics,
    framesToBe: (count) => until(({ frames }) => expect(frames).toBe(count)),
    interfacesToBe: (names) => until(({ interfaces }) => expect(interfaces).toEqual(names)),
    stop: async () => {
      const { frames = [], statistics: last } = await ask('stop');
      child.disconnect();
      return { frames, statistics: last! };
    },
  };
}
