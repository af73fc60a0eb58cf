import type { Receiver, ReceiverAnswer } from '../../services/probe/transport/receiver.ts';
import type { SentBatch } from '../support/sent-batch.ts';
import { readSentBatch } from '../support/sent-batch.ts';

type ScriptedAnswer = Partial<ReceiverAnswer> | Error;

/** What a test has the receiver do with a delivery; an error is no answer. */
export type ReceiverScript = (
  batch: SentBatch,
  signal: AbortSignal,
) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** A receiver that does what a test says, and remembers. */
export class ScriptedReceiver implements Receiver {
  /** All that came, also what was not taken. */
  readonly attempts: SentBatch[] = [];
  /** What was answered with success. */
  readonly taken: SentBatch[] = [];
  /** Deliveries under way, and the most there were. */
  inFlight = 0;
  mostInFlight = 0;
  isClosed = false;
  script: ReceiverScript;

  constructor(script: ReceiverScript = () => ({ status: 200 })) {
    this.script = script;
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<ReceiverAnswer> {
    const batch = readSentBatch(body);
    this.attempts.push(batch);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await Promise.resolve();
      const answer = await this.script(batch, signal);
      if (answer instanceof Error) throw answer;
      const { status = 200, retryAfter, text = '' } = answer;
      if (status >= 200 && status < 300) this.taken.push(batch);
      return { status, retryAfter, text };
    } finally {
      this.inFlight--;
    }
  }

  close(): void {
    this.isClosed = true;
  }
}
