import type { ControlPlane } from '../servers/control-plane.ts';
import { until } from '../support/until.ts';

/** Waits for the service account that a controller makes in every namespace, and pods there need. */
export async function untilServiceAccount(plane: ControlPlane, namespace: string): Promise<void> {
  const get = ['-n', namespace, 'get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name'];
  await until(() => plane.kubectl(get) !== '');
}
