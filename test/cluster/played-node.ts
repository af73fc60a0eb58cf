import type { ControlPlane } from '../servers/control-plane.ts';

/** A node without a kubelet: the test says what one would report of pods. */
export class PlayedNode {
  readonly name: string;
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane, name: string) {
    this.#plane = plane;
    this.name = name;
  }

  /** Ready, and with room for everything, until its controller misses a heartbeat. */
  join(address: string): void {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: this.name } };
    this.#plane.kubectl(['create', '-f', '-'], JSON.stringify(node));
    const room = { cpu: '64', memory: '256Gi', pods: '500' };
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'played' };
    this.#report('', 'node', this.name, {
      addresses: [{ type: 'InternalIP', address }],
      capacity: room,
      allocatable: room,
      conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
    });
  }

  /** Reports a scheduled pod as running at an address, all of it ready. */
  runPod(namespace: string, name: string, address: string): void {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const isTrue = (type: string): object => ({ type, status: 'True', lastTransitionTime: now });
    this.#report(namespace, 'pod', name, {
      phase: 'Running',
      startTime: now,
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: ['Initialized', 'PodReadyToStartContainers', 'ContainersReady', 'Ready'].map(isTrue),
    });
  }

  #report(namespace: string, kind: string, name: string, status: unknown): void {
    const where = namespace === '' ? [] : ['-n', namespace];
    const patch = ['--subresource=status', '--type=strategic', '-p', JSON.stringify({ status })];
    this.#plane.kubectl([...where, 'patch', kind, name, ...patch]);
  }
}
