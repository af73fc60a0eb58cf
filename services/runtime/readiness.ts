/** Why a part is not ready, in a few words for whoever looks at the pod; undefined when it is. */
export type ReadinessCheck = () => string | undefined;

/** Whether a service can do its work now, with a reason for each part that keeps it from it. */
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** The name is what /readyz shows the reason under: `elasticsearch`, `services synced`. */
  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** Reasons by the names of the parts that are not ready; empty when all are. */
  reasons(): Readonly<Record<string, string>> {
    const reasons: Record<string, string> = {};
    for (const [name, check] of this.#checks) {
      const reason = check();
      if (reason !== undefined) reasons[name] = reason;
    }
    return reasons;
  }
}
