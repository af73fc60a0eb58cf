import type { EcsEnd, EcsFlow } from './ecs-flow.ts';
import type { FlowEnd } from './flow-end.ts';

/** One line for people: `shop/web-1 to shop/db-0 port 5432 (db), tcp, 9000 bytes out, 45000 in`. */
export function flowMessage(event: EcsFlow, source: FlowEnd, destination: FlowEnd): string {
  const { source: from, destination: to, network } = event;
  const port = to.port === undefined ? '' : ` port ${to.port}`;
  const service =
    destination.identity?.kind === 'pod' && destination.service ? ` (${destination.service.name})` : '';
  return (
    `${nameOf(from, source)} to ${nameOf(to, destination)}${port}${service}, ` +
    `${network?.transport ?? 'ip'}, ${from.bytes ?? 0} bytes out, ${to.bytes ?? 0} in`
  );
}

function nameOf(end: EcsEnd, { identity }: FlowEnd): string {
  return identity?.label || end.ip || 'an address that is not kept';
}
