import type { EcsFlow } from '../document/ecs-flow.ts';

const OPPOSITE: Readonly<Record<string, string>> = {
  ingress: 'egress',
  egress: 'ingress',
  inbound: 'outbound',
  outbound: 'inbound',
};

/** Makes the source of a flow its destination, with all that is said of either. Twice is as before. */
export function turnRound(event: EcsFlow): void {
  const { source } = event;
  event.source = event.destination;
  event.destination = source;
  const tcp = event.flowtap?.tcp;
  if (tcp !== undefined) {
    const sender = tcp.source;
    tcp.source = tcp.destination;
    tcp.destination = sender;
  }
  const network = event.network;
  if (network?.direction !== undefined) {
    network.direction = OPPOSITE[network.direction] ?? network.direction;
  }
}
