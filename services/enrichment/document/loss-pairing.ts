import { TCP } from '../../core/protocol.ts';
import { lastKnown } from '../identify/last-known.ts';
import type { Address } from '../locate/address.ts';
import type { PortGuard } from '../port-guard.ts';
import type { FlowtapFields, FlowtapTcpSide } from './ecs-flow.ts';
import type { FlowWork } from './flow-work.ts';
import { flowLoss } from './loss.ts';
import type {
  LossExchange,
  LossObservation,
  ObservationKey,
  ObservedFrom,
  OwnObservation,
  PublishedObservation,
} from './loss-exchange.ts';
import { directionState } from './loss-exchange.ts';
import { MissingBytes } from './missing-bytes.ts';

export interface LossCounters {
  /** Observations of one end, and those among them for which the other end's was at hand. */
  readonly observed: number;
  readonly paired: number;
}

/**
 * Brings the observations of both ends of a connection together. Each end's is published as it comes, and the other's is
 * looked for when the record goes out, so that both documents can have the result and none waits for it.
 */
export class LossPairing {
  readonly #exchange: LossExchange;
  readonly #guard: PortGuard;
  /** By the end whose probe it is: both may give a flow the same id. */
  readonly #missing: Readonly<Record<ObservedFrom, MissingBytes>>;
  readonly #counters = { observed: 0, paired: 0 };

  constructor(exchange: LossExchange, guard: PortGuard, rememberedFlows: number) {
    this.#exchange = exchange;
    this.#guard = guard;
    this.#missing = {
      source: new MissingBytes(rememberedFlows / 2),
      destination: new MissingBytes(rememberedFlows / 2),
    };
  }

  get counters(): LossCounters {
    return this.#counters;
  }

  /** @param isLossy the sender's probe missed packets itself */
  async publish(works: readonly FlowWork[], isLossy: boolean): Promise<void> {
    const published: PublishedObservation[] = [];
    for (const work of works) {
      const from = observedFrom(work);
      if (from === undefined) continue;
      const own = this.#observe(work, from, isLossy);
      if (own === undefined) continue;
      this.#counters.observed++;
      const key = otherKey(work, from);
      work.observation = { from, own, other: key };
      if (key === undefined) continue;
      published.push({ ...key, from, observation: own });
    }
    if (published.length > 0)
      await this.#guard.call(() => this.#exchange.publish(published).then(() => true));
  }

  /** Sets what is known of the loss of each of them. */
  async find(works: readonly FlowWork[]): Promise<void> {
    const paired: FlowWork[] = [];
    const keys: ObservationKey[] = [];
    for (const work of works) {
      const { observation } = work;
      if (observation === undefined) continue;
      if (observation.other === undefined) {
        setLoss(work, observation, undefined);
      } else {
        paired.push(work);
        keys.push(observation.other);
      }
    }
    if (keys.length === 0) return;
    const others = await this.#guard.call(() => this.#exchange.find(keys));
    for (let index = 0; index < paired.length; index++) {
      const other = others?.[index];
      if (other !== undefined) this.#counters.paired++;
      setLoss(paired[index], paired[index].observation!, other);
    }
  }

  #observe({ event, id }: FlowWork, from: ObservedFrom, isLossy: boolean): LossObservation | undefined {
    const { tcp, window } = event.flowtap as FlowtapFields;
    if (tcp?.source === undefined || tcp.destination === undefined || window === undefined) return undefined;
    const missing = this.#missing[from].before(
      event.flow?.id ?? id,
      window.start,
      missingOf(tcp.source),
      missingOf(tcp.destination),
    );
    const source = directionState(tcp.source, event.source.packets ?? 0, missing.source);
    const destination = directionState(tcp.destination, event.destination.packets ?? 0, missing.destination);
    if (source === undefined && destination === undefined) return undefined;
    return { eventId: id, source, destination, isLossy };
  }
}

function missingOf({ sequence }: FlowtapTcpSide): number {
  return sequence?.missing_bytes ?? 0;
}

function setLoss(work: FlowWork, { from, own }: OwnObservation, other: LossObservation | undefined): void {
  work.loss = from === 'source' ? flowLoss(own, other) : flowLoss(other, own);
}

/** From which end a pod's probe saw it: the one that sent the first packet, or the one that it came to. */
function observedFrom({ event, protocol }: FlowWork): ObservedFrom | undefined {
  if (protocol !== TCP) return undefined;
  const direction = event.network?.direction;
  if (direction === 'egress') return 'source';
  return direction === 'ingress' ? 'destination' : undefined;
}

/** Where the other end's observation will be, if that end may have a probe. */
function otherKey(work: FlowWork, from: ObservedFrom): ObservationKey | undefined {
  const communityId = work.event.network?.community_id;
  if (communityId === undefined) return undefined;
  const { source, destination } = work;
  if (!mayHaveProbe(from === 'source' ? destination : source)) return undefined;
  const window = work.event.flowtap!.window!.start;
  const pair = `${source?.text}>${destination?.text}`;
  return { communityId, pair, window, from: from === 'source' ? 'destination' : 'source' };
}

/** By who had the address last: it decides only whether it is worth a look. */
function mayHaveProbe(address: Address | undefined): boolean {
  if (address === undefined) return false;
  const known = lastKnown(address);
  return known === undefined ? address.scope === 'private' : known.isMonitored;
}
