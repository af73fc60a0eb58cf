import { readFileSync } from 'node:fs';

/** Of the network namespace that this process is in. */
const EVENTS_SETTING = '/proc/sys/net/netfilter/nf_conntrack_events';

/** Why there will be no events, in a sentence; undefined where there will, or where it cannot be known. */
export function eventsAreOff(path: string = EVENTS_SETTING): string | undefined {
  try {
    if (readFileSync(path, 'utf8').trim() !== '0') return undefined;
  } catch {
    return undefined;
  }
  return 'the kernel tells of no new connections: set net.netfilter.nf_conntrack_events to 1 or 2 on the node';
}
