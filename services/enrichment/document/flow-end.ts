import type { TranslatedService } from '../../core/nat-translation.ts';
import type { DescribedIdentity, DescribedService } from '../identify/described-identity.ts';
import type { Address } from '../locate/address.ts';
import type { OwnEnd } from './observed-end.ts';

/** How an end was named, as `flowtap.source.named_by` has it. */
export type NamedBy = 'self' | 'interval' | 'service' | 'node' | 'external' | 'unknown';

/** An end of a flow, ready to be written. */
export interface FlowEnd {
  readonly namedBy: NamedBy;
  readonly identity: DescribedIdentity | undefined;
  readonly service: DescribedService | undefined;
}

/** @param isComplete the state store answered, so that a public address without a name is really none of the cluster */
export function namedBy(
  identity: DescribedIdentity | undefined,
  address: Address | undefined,
  own: OwnEnd,
  isComplete: boolean,
): NamedBy {
  if (identity?.kind === 'node') return 'node';
  if (own === 'self') return 'self';
  if (identity !== undefined) return identity.kind === 'service' ? 'service' : 'interval';
  return own === 'other' && isComplete && address?.scope === 'public' ? 'external' : 'unknown';
}

/**
 * The service that is meant at an end: the one that was called, where the translation knows it; else the first of the
 * pod's that lead to this port; else the first.
 */
export function serviceOf(
  identity: DescribedIdentity | undefined,
  called: TranslatedService | undefined,
  port: number | undefined,
  protocol: number | undefined,
): DescribedService | undefined {
  const services = identity?.services;
  if (services === undefined || services.length === 0) return undefined;
  if (called !== undefined) {
    const same = services.find(
      ({ namespace, name }) => namespace === called.namespace && name === called.name,
    );
    if (same !== undefined) return same;
  }
  if (services.length === 1 || port === undefined) return services[0];
  return services.find((service) => leadsTo(service, port, protocol)) ?? services[0];
}

function leadsTo({ asPodService }: DescribedService, port: number, protocol: number | undefined): boolean {
  return asPodService?.ports.some((one) => one.targetPort === port && one.protocol === protocol) === true;
}
