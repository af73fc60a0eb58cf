import type { QueuedEvent } from './event-queue.ts';
import type { KindWrite } from './mirror-store.ts';
import { MIRRORED_KINDS, project } from './projection.ts';
import type { StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

/**
 * Changes of the queue as writes, a kind each: an object once, as it last was.
 *
 * @param skewMs by how much clocks may differ
 * @param delayMs how long events may have been on their way
 */
export function batchOf(events: readonly QueuedEvent[], skewMs: number, delayMs = 0): KindWrite[] {
  return MIRRORED_KINDS.flatMap(({ kind }) => {
    const objects = new Map<string, StoredObject>();
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { resource, event, atMs } of events) {
      if (resource.kind !== kind || (event.type !== 'upsert' && event.type !== 'delete')) continue;
      const sighting = { atMs, isLive: true, isGone: event.type === 'delete', delayMs };
      const stored = project(resource, event.object, sighting, skewMs);
      objects.set(stored.uid, joined(objects.get(stored.uid), stored));
      firstMs = Math.min(firstMs, atMs);
    }
    return objects.size === 0 ? [] : [{ kind, objects: [...objects.values()], changedAt: isoTime(firstMs) }];
  });
}

/** The later state, with what the earlier one proves: that the address was seen sooner, or at all. */
function joined(earlier: StoredObject | undefined, later: StoredObject): StoredObject {
  if (!earlier?.addresses?.length || !later.addresses) return later;
  if (later.addresses.length === 0) return { ...later, addresses: earlier.addresses };
  if (later.addresses.join() !== earlier.addresses.join()) return later;
  return { ...later, ...sooner('validFrom', earlier, later), ...sooner('seenFrom', earlier, later) };
}

function sooner(
  field: 'validFrom' | 'seenFrom',
  earlier: StoredObject,
  later: StoredObject,
): Partial<StoredObject> {
  const times = [earlier[field], later[field]].filter((time) => time !== undefined).sort();
  return times.length === 0 ? {} : { [field]: times[0] };
}
