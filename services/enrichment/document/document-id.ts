import { createHmac, hash } from 'node:crypto';
import type { EcsFlow } from './ecs-flow.ts';
import type { Sender } from './sender.ts';

/**
 * The `_id` of an event's document: the same whenever the same sender sends the same event again. An event without an id
 * is known by its whole content.
 *
 * @param key makes it a keyed digest: an event's id tells its addresses, to somebody who tries them all
 */
export function documentId(cluster: string, sender: Sender, event: EcsFlow, key: string | undefined): string {
  const who = sender.pod?.uid ?? sender.probe?.id ?? sender.name ?? '';
  const what = event.event?.id ?? JSON.stringify(event);
  const text = `${cluster}\0${who}\0${what}`;
  return key === undefined
    ? hash('sha1', text, 'base64url')
    : createHmac('sha1', key).update(text).digest('base64url');
}
