import { AfPacketRing } from './af-packet-ring.ts';
import type { IgnoredEndpoint } from './except-endpoints.ts';
import { NetworkInterfaceWatch } from './network-interface-watch.ts';
import { selectInterfaces } from './network-interfaces.ts';
import type { PacketSink } from './packet-sink.ts';
import type { PacketSource, SourceRun, SourceStatistics } from './packet-source.ts';
import { TURN_TIMEOUT_MS } from './packet-source.ts';
import type { BpfProgram, CompiledExpression } from './socket-filter.ts';
import { DROP_ALL, socketFilter } from './socket-filter.ts';
import { compileTcpdumpExpression } from './tcpdump-expression.ts';

export interface LiveSourceOptions {
  /** Interfaces by name, which need not exist yet; undefined for all but loopback ones. */
  readonly interfaces?: readonly string[] | undefined;
  /** A tcpdump expression. */
  readonly filter?: string | undefined;
  /** Packets that sockets with this mark (SO_MARK) send are left out. */
  readonly ignoredMark?: number | undefined;
  /** Bytes of each packet to keep; if not given, 192, or as many of them as can matter. */
  readonly snaplenBytes?: number | undefined;
  readonly ringBytes?: number | undefined;
  readonly blockBytes?: number | undefined;
}

/** Room for the headers of a packet with some tags and options: Ethernet 14, IPv6 40, TCP 60. */
const DEFAULT_SNAPLEN_BYTES = 192;

/** Of an IPv4 packet without tags no more is looked at: Ethernet 14, IPv4 60, TCP 20. */
const DEFAULT_IPV4_SNAPLEN_BYTES = 96;

const STATISTICS_INTERVAL_MS = 1000;

/** Blocks a turn: some milliseconds of work, so that timers and deliveries get their time. */
const BLOCKS_PER_TURN = 4;

/**
 * Captures what passes this network namespace's interfaces.
 *
 * Throws NET_RAW_MISSING, FILTER_INVALID, LIBPCAP_MISSING, CAPTURE_UNSUPPORTED, or SYSTEM_CALL_FAILED.
 */
export class LiveSource implements PacketSource {
  readonly #options: LiveSourceOptions;
  readonly #expression: CompiledExpression | undefined;
  readonly #snaplenBytes: number;
  readonly #watch: NetworkInterfaceWatch;
  readonly #ring: AfPacketRing;
  #ignoredEndpoints: readonly IgnoredEndpoint[] = [];
  #stopped = false;
  #statisticsAtMs = 0;

  constructor(options: LiveSourceOptions) {
    this.#options = options;
    this.#snaplenBytes = options.snaplenBytes ?? DEFAULT_SNAPLEN_BYTES;
    if (options.filter !== undefined) {
      this.#expression = compileTcpdumpExpression(options.filter, this.#snaplenBytes);
    }
    this.#watch = new NetworkInterfaceWatch();
    try {
      const { ringBytes, blockBytes } = options;
      this.#ring = new AfPacketRing({ filter: this.#filter(), ringBytes, blockBytes });
    } catch (error) {
      this.#watch.close();
      throw error;
    }
  }

  get statistics(): SourceStatistics {
    return {
      ...this.#ring.statistics,
      segmentOffload: this.#ring.segmentOffload,
      interfaces: selectInterfaces(this.#watch.interfaces, this.#options.interfaces).map(({ name }) => name),
    };
  }

  get deliveryDelayMs(): number {
    return this.#ring.blockTimeoutMs;
  }

  ignoreEndpoints(endpoints: readonly IgnoredEndpoint[]): void {
    this.#ignoredEndpoints = endpoints;
    if (!this.#stopped) this.#ring.setFilter(this.#filter());
  }

  async run(run: SourceRun): Promise<void> {
    const ended = new AbortController();
    const ending = AbortSignal.any([run.signal, ended.signal]);
    const follow = (): void => this.#ring.setFilter(this.#filter());
    const results = await Promise.allSettled([
      this.#read(run, ending).finally(() => ended.abort()),
      this.#watch.run(follow, ending).finally(() => ended.abort()),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  close(): void {
    this.#watch.close();
    this.#ring.close();
  }

  async #read(run: SourceRun, ending: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = (): void => {
      try {
        this.#turn(run);
      } catch (error) {
        reject(error);
      }
    };
    ending.addEventListener('abort', () => resolve());
    if (ending.aborted) resolve();
    this.#statisticsAtMs = run.now();
    this.#ring.watch(turn);
    const timer = setInterval(turn, TURN_TIMEOUT_MS);
    try {
      turn();
      await promise;
    } finally {
      clearInterval(timer);
    }
    await this.#drainRest(run.sink);
    this.#ring.readStatistics();
    run.onTurn(run.now());
  }

  #turn({ sink, now, onTurn }: SourceRun): void {
    this.#ring.drain(sink, BLOCKS_PER_TURN);
    const nowMs = now();
    if (Math.abs(nowMs - this.#statisticsAtMs) >= STATISTICS_INTERVAL_MS) {
      this.#ring.readStatistics();
      this.#statisticsAtMs = nowMs;
    }
    onTurn(nowMs);
  }

  /** Stops the capture, and reads the block that the kernel is still filling when it hands it over. */
  async #drainRest(sink: PacketSink): Promise<void> {
    this.#stopped = true;
    this.#ring.setFilter(DROP_ALL);
    do this.#ring.drain(sink, Number.POSITIVE_INFINITY);
    while (this.#ring.pending && (await this.#ring.wait(2 * this.#ring.blockTimeoutMs)));
  }

  #filter(): BpfProgram {
    const { interfaces, ignoredMark } = this.#options;
    const selected = selectInterfaces(this.#watch.interfaces, interfaces);
    return socketFilter({
      snaplenBytes: this.#snaplenBytes,
      ipv4SnaplenBytes: this.#options.snaplenBytes ?? DEFAULT_IPV4_SNAPLEN_BYTES,
      interfaceIndexes: interfaces === undefined ? undefined : selected.map(({ index }) => index),
      ignoredMark,
      ignoredEndpoints: this.#ignoredEndpoints,
      expression: this.#expression,
    });
  }
}
