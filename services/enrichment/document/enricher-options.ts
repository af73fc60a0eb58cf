import type { Clock } from '../../runtime/clock.ts';
import type { NameSource } from '../identify/name-source.ts';
import type { PromotedLabel } from '../identify/promoted-labels.ts';
import type { AddressRange } from '../locate/address.ts';
import type { PublicAddresses } from '../locate/address-treatment.ts';
import type { GeoSource } from '../locate/geo-database.ts';
import type { Site } from '../locate/locator.ts';
import type { TranslationStore } from '../translate/translation-store.ts';
import type { LossExchange } from './loss-exchange.ts';

export interface EnricherOptions {
  readonly clock: Clock;
  readonly translations: TranslationStore;
  readonly names: NameSource;
  readonly geo?: GeoSource | undefined;
  /** Where observations of two probes meet; this process alone, unless something is given. */
  readonly losses?: LossExchange | undefined;
  /** `orchestrator.cluster.name`, and a part of the documents' ids. */
  readonly cluster: string | undefined;
  /** DNS domain of the cluster. */
  readonly clusterDomain?: string | undefined;
  /** Namespace of the data streams. */
  readonly dataStreamNamespace?: string | undefined;
  /** Seed of Community IDs, as the probes have it. */
  readonly communityIdSeed?: number | undefined;
  /** Concludes translations from servers' records, where no resolver does it. */
  readonly inferTranslations?: boolean | undefined;
  readonly site?: Site | undefined;
  /** Ranges that are the site's, beside the private ones. */
  readonly internalRanges?: readonly AddressRange[] | undefined;
  readonly publicAddresses?: PublicAddresses | undefined;
  readonly promotedLabels?: readonly PromotedLabel[] | undefined;
  /** How late the state store may learn who has an address; so long a record waits after its last packet. */
  readonly settleMs?: number | undefined;
  /** How long flows to a service wait for a translation, since they came. */
  readonly translationWaitMs?: number | undefined;
  /** How long a port may take to answer. */
  readonly portTimeoutMs?: number | undefined;
  /** How long a port that failed is not asked. */
  readonly portPauseMs?: number | undefined;
  /** Addresses, and flows, that are remembered. */
  readonly rememberedAddresses?: number | undefined;
  readonly rememberedFlows?: number | undefined;
  /** Told of ports that fail. */
  readonly onPortFailure?: ((port: EnrichmentPort, error: unknown) => void) | undefined;
}

export type EnrichmentPort = 'names' | 'nat' | 'loss';
