import type { ObjectSource } from '../../runtime/kubernetes/object-source.ts';
import { SERVICES } from '../../runtime/kubernetes/resource-kind.ts';
import type { ServiceIndex } from './service-index.ts';

/**
 * Keeps the index in step with the cluster until the signal is aborted.
 *
 * @param onFound called when connections were seen to an address before its service was
 */
export async function watchServices(
  source: ObjectSource,
  index: ServiceIndex,
  onFound: () => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of source.watch(SERVICES, signal)) {
    if (index.apply(event)) onFound();
  }
}
