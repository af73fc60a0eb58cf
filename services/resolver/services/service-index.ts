import type { TranslatedService } from '../../core/nat-translation.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import type { ObjectEvent } from '../../runtime/kubernetes/object-source.ts';
import { addressKey, nodePortKey, serviceAddresses } from './service-addresses.ts';

interface Named {
  readonly service: TranslatedService;
  readonly uid: string;
  /** When the service gave the address up; undefined while it has it. */
  readonly goneAtMs: number | undefined;
}

/** Connections outlive the service through which they were opened; their last word shall still name it. */
const REMEMBER_GONE_MS = 3_600_000;

/** Destinations that were asked for in vain and may yet turn out to be a service's. */
const MOST_UNKNOWN = 4096;

/** Which service is called at an address, of all services of the cluster. */
export class ServiceIndex {
  readonly #clock: Clock;
  readonly #named = new Map<string, Named>();
  readonly #keysByUid = new Map<string, readonly string[]>();
  readonly #unknown = new Set<string>();
  #isSynced = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a whole list has been seen. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  get serviceCount(): number {
    return this.#keysByUid.size;
  }

  /** The service called at a destination that is known to be rewritten: a node port may be one of any address. */
  find(protocol: number, ip: string, port: number): TranslatedService | undefined {
    const address = addressKey(protocol, ip, port);
    const named = this.#named.get(address) ?? this.#named.get(nodePortKey(protocol, port));
    if (named !== undefined) return named.service;
    if (this.#unknown.size < MOST_UNKNOWN) {
      this.#unknown.add(address);
      this.#unknown.add(nodePortKey(protocol, port));
    }
    return undefined;
  }

  /**
   * Takes what happened to a service.
   *
   * @returns whether an address has its service now that was asked for before: the watch may be later than a connection
   */
  apply(event: ObjectEvent): boolean {
    if (event.type !== 'bookmark') this.#forgetGone();
    switch (event.type) {
      case 'replace':
        return this.#replace(event.objects);
      case 'upsert':
        return this.#put(event.object);
      case 'delete':
        this.#giveUp(event.object.metadata.uid, []);
        this.#keysByUid.delete(event.object.metadata.uid);
        return false;
      case 'bookmark':
        return false;
    }
  }

  #replace(objects: readonly KubernetesObject[]): boolean {
    const uids = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const uid of [...this.#keysByUid.keys()]) {
      if (uids.has(uid)) continue;
      this.#giveUp(uid, []);
      this.#keysByUid.delete(uid);
    }
    this.#isSynced = true;
    return objects.map((object) => this.#put(object)).includes(true);
  }

  #put(object: KubernetesObject): boolean {
    const { uid } = object.metadata;
    const addresses = serviceAddresses(object);
    const keys = addresses.map(({ key }) => key);
    this.#giveUp(uid, keys);
    this.#keysByUid.set(uid, keys);
    let wasAskedFor = false;
    for (const { key, service } of addresses) {
      this.#named.set(key, { service, uid, goneAtMs: undefined });
      wasAskedFor = this.#unknown.delete(key) || wasAskedFor;
    }
    return wasAskedFor;
  }

  /** Marks what the service had, except for these keys, as gone. */
  #giveUp(uid: string, except: readonly string[]): void {
    for (const key of this.#keysByUid.get(uid) ?? []) {
      const named = this.#named.get(key);
      // Another service may have it by now.
      if (named?.uid !== uid || except.includes(key)) continue;
      this.#named.set(key, { ...named, goneAtMs: this.#clock.now() });
    }
  }

  /** Looks at all, so once for each event, and not for each object of a list. */
  #forgetGone(): void {
    const beforeMs = this.#clock.now() - REMEMBER_GONE_MS;
    for (const [key, { goneAtMs }] of this.#named) {
      if (goneAtMs !== undefined && goneAtMs < beforeMs) this.#named.delete(key);
    }
  }
}
