import { certificateId, readCertificates } from './certificates.ts';
import type { ConfigurationView } from './webhook-configuration.ts';

/** Remembers since when each authority is in every caBundle of ours. */
export class Publications {
  #sinceMs: ReadonlyMap<string, number> = new Map();

  /**
   * Takes note of what the configuration says now.
   *
   * @param ids authorities that may be published; where there is no configuration, nobody lacks them
   */
  observe(view: ConfigurationView, ids: readonly string[], nowMs: number): ReadonlyMap<string, number> {
    const published = publishedIds(view);
    const present = view.isAbsent ? ids : ids.filter((id) => published.has(id));
    const former = view.isAbsent ? new Map() : this.#sinceMs;
    const absentMs = view.isAbsent ? Number.NEGATIVE_INFINITY : nowMs;
    this.#sinceMs = new Map(present.map((id) => [id, former.get(id) ?? absentMs]));
    return this.#sinceMs;
  }
}

/** The authorities that every caBundle of ours holds. */
export function publishedIds({ entries }: ConfigurationView): ReadonlySet<string> {
  const [first = new Set<string>(), ...others] = entries.map(
    ({ bundlePem }) => new Set(readCertificates(bundlePem).map(certificateId)),
  );
  return new Set([...first].filter((id) => others.every((ids) => ids.has(id))));
}
