import type { IpCommand } from './ip-command.ts';
import { removeLeftovers, removeNamespace } from './namespace-removal.ts';

const NAME = /^flowtap-demo-(\d+)-(?:shop|web)$/;

/** One end of the link: addresses for documentation (RFC 5737, RFC 3849, RFC 7042). */
interface Host {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly hardware: string;
}

const SHOP: Host = { ipv4: '192.0.2.20', ipv6: '2001:db8::20', hardware: '00:00:5e:00:53:20' };
const WEB: Host = { ipv4: '192.0.2.10', ipv6: '2001:db8::10', hardware: '00:00:5e:00:53:10' };

/**
 * Two network namespaces, shop and web, joined by a veth pair whose ends are both called eth0. Their names hold the
 * id of the process that made them; making new ones takes away those of dead processes.
 *
 * Throws an Error that says what the system refused; then nothing is left.
 */
export class DemoNetwork {
  readonly shop: string;
  readonly web: string;
  /** Without IPv6 where the system has none. */
  readonly shopAddresses: readonly string[];
  readonly webAddresses: readonly string[];
  readonly #ip: IpCommand;
  readonly #namespaces: string[] = [];

  constructor(ip: IpCommand, pid: number) {
    this.#ip = ip;
    this.shop = `flowtap-demo-${pid}-shop`;
    this.web = `flowtap-demo-${pid}-web`;
    removeLeftovers(ip, NAME, pid);
    try {
      this.#addNamespace(this.shop);
      this.#addNamespace(this.web);
      this.#link();
      this.#addAddress(this.shop, `${SHOP.ipv4}/24`);
      this.#addAddress(this.web, `${WEB.ipv4}/24`);
      const hasIpv6 = this.#addIpv6Addresses();
      this.shopAddresses = hasIpv6 ? [SHOP.ipv4, SHOP.ipv6] : [SHOP.ipv4];
      this.webAddresses = hasIpv6 ? [WEB.ipv4, WEB.ipv6] : [WEB.ipv4];
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends what runs inside, and takes the namespaces away. */
  close(): void {
    for (const name of this.#namespaces.splice(0)) removeNamespace(this.#ip, name);
  }

  #addNamespace(name: string): void {
    this.#ip('netns', 'add', name);
    this.#namespaces.push(name);
  }

  #link(): void {
    const peer = ['peer', 'name', 'eth0', 'address', SHOP.hardware, 'netns', this.shop];
    this.#ip('-n', this.web, 'link', 'add', 'eth0', 'address', WEB.hardware, 'type', 'veth', ...peer);
    for (const name of [this.shop, this.web]) {
      // No link-local addresses, and so no search for routers.
      this.#ip('-n', name, 'link', 'set', 'eth0', 'addrgenmode', 'none');
      this.#ip('-n', name, 'link', 'set', 'eth0', 'up');
    }
  }

  #addAddress(namespace: string, address: string, ...flags: readonly string[]): void {
    this.#ip('-n', namespace, 'address', 'add', address, 'dev', 'eth0', ...flags);
  }

  #addIpv6Addresses(): boolean {
    try {
      // Usable at once, without duplicate address detection.
      this.#addAddress(this.shop, `${SHOP.ipv6}/64`, 'nodad');
      this.#addAddress(this.web, `${WEB.ipv6}/64`, 'nodad');
      return true;
    } catch {
      return false;
    }
  }
}
