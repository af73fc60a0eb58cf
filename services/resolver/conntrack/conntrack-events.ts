import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';
import type { NetlinkMemory, NetlinkSocket } from '../../runtime/linux/netlink-socket.ts';
import { NOTHING, OVERRUN } from '../../runtime/linux/netlink-socket.ts';
import { ConntrackEntry } from './conntrack-entry.ts';
import type { ConntrackVisitor } from './netlink-message.ts';
import { visitMessages } from './netlink-message.ts';
import { NFNLGRP_CONNTRACK_DESTROY, NFNLGRP_CONNTRACK_NEW, openConntrack } from './open-conntrack.ts';

export interface ConntrackEventsOptions {
  readonly clock: Clock;
  readonly receiveBufferBytes: number;
  readonly networkNamespace?: string | undefined;
}

/** What happens in the connection table. Entries are read in place: they hold until the call returns. */
export interface ConntrackEventSink {
  created(entry: ConntrackEntry): void;
  destroyed(entry: ConntrackEntry): void;
  /** Events have been lost. */
  overrun(): void;
  malformed(): void;
}

/** Messages to read before others have their turn: some milliseconds. */
const TURN_MESSAGES = 1000;

/** Where events come at all, the next ones are let come together: waking for each would cost more than reading it. */
const GATHER_MS = 5;

/** Nothing depends on it: a wait ends by itself now and then. */
const WAIT_MS = 10_000;

/** An event has some hundred bytes. */
const MESSAGE_BYTES = 16_384;

/**
 * Connections as they are made and as they end, from the moment this is made. Changes in between (NFNLGRP_CONNTRACK_UPDATE:
 * states, timers) are not asked for: addresses are settled before an entry is announced, and there are several changes
 * to each connection.
 */
export class ConntrackEvents {
  readonly #socket: NetlinkSocket;
  readonly #clock: Clock;
  readonly #buffer = new Uint8Array(MESSAGE_BYTES);
  readonly #entry = new ConntrackEntry();

  /** Throws NET_ADMIN_MISSING or CONNTRACK_UNAVAILABLE. */
  constructor(options: ConntrackEventsOptions) {
    const { clock, receiveBufferBytes, networkNamespace } = options;
    const groups = [NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY];
    this.#clock = clock;
    this.#socket = openConntrack({ groups, receiveBufferBytes, networkNamespace });
  }

  get memory(): NetlinkMemory {
    return this.#socket.memory();
  }

  /** Tells the sink of each event until the signal is aborted. */
  async run(sink: ConntrackEventSink, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#socket.wake();
    const visitor = this.#visitor(sink);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const count = this.#readTurn(sink, visitor);
        if (count === TURN_MESSAGES) await nextTurn();
        else if (count > 0) await this.#clock.sleep(GATHER_MS, signal);
        else await this.#socket.wait(WAIT_MS);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** How many messages were there; no more than a turn's. */
  #readTurn(sink: ConntrackEventSink, visitor: ConntrackVisitor): number {
    for (let count = 0; count < TURN_MESSAGES; count++) {
      const length = this.#socket.receive(this.#buffer);
      if (length === NOTHING) return count;
      if (length === OVERRUN) sink.overrun();
      else visitMessages(this.#buffer, length, visitor);
    }
    return TURN_MESSAGES;
  }

  #visitor(sink: ConntrackEventSink): ConntrackVisitor {
    return {
      entry: (bytes, start, end, isGone) => {
        if (!this.#entry.read(bytes, start, end)) sink.malformed();
        else if (isGone) sink.destroyed(this.#entry);
        else sink.created(this.#entry);
      },
      done: () => undefined,
      failed: () => sink.malformed(),
      malformed: () => sink.malformed(),
    };
  }
}
