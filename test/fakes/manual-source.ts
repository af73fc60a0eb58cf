import type {
  PacketSource,
  SourceRun,
  SourceStatistics,
} from '../../services/probe/capture/packet-source.ts';
import { LINKTYPE_ETHERNET } from '../../services/probe/decode/link-type.ts';

/** A source of packets whose turns a test takes; ends as a real one does, with what it still holds and a last turn. */
export class ManualSource implements PacketSource {
  readonly statistics: SourceStatistics = {
    frames: 0,
    unsupportedLink: 0,
    kernelReceived: undefined,
    kernelDrops: undefined,
    kernelFreezes: undefined,
    segmentOffload: 'none',
    interfaces: ['fake0'],
  };
  readonly deliveryDelayMs: number;
  /** Fulfilled when `run` has been called. */
  readonly started: Promise<void>;
  /** Frames that come only after the signal has aborted. */
  heldFrames: readonly Uint8Array[] = [];
  readonly #start = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();
  #run: SourceRun | undefined;

  constructor(deliveryDelayMs: number) {
    this.deliveryDelayMs = deliveryDelayMs;
    this.started = this.#start.promise;
  }

  async run(run: SourceRun): Promise<void> {
    this.#run = run;
    this.#start.resolve();
    run.signal.addEventListener('abort', () => this.#end.resolve());
    if (run.signal.aborted) this.#end.resolve();
    await this.#end.promise;
    for (const frame of this.heldFrames) this.deliver(frame);
    this.turn();
  }

  /** A frame that passes now. */
  deliver(frame: Uint8Array): void {
    const { sink, now } = this.#running;
    const ms = now();
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const { length } = frame;
    sink.packet(view, 0, length, length, LINKTYPE_ETHERNET, Math.floor(ms / 1000), (ms % 1000) * 1e6, 0);
  }

  turn(): void {
    const { onTurn, now } = this.#running;
    onTurn(now());
  }

  /** It cannot go on. */
  fail(error: Error): void {
    this.#end.reject(error);
  }

  close(): void {
    this.#end.resolve();
  }

  get #running(): SourceRun {
    if (this.#run === undefined) throw new Error('The source has not been started.');
    return this.#run;
  }
}
