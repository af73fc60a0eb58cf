import type { Namespace } from '../../../integration/namespaces.ts';

/** IPv4 and TCP headers of a segment of data, with timestamps (RFC 7323) and without SACK blocks. */
const HEADER_BYTES = 52;
/** Acknowledgments without data are shorter: headers, and SACK blocks of at most 28 bytes. */
const DATA_FROM_BYTES = 100;

/** One direction of the link between two nodes. */
export interface Link {
  /** Names of nodes. */
  readonly from: string;
  readonly to: string;
}

/** What the router's rules have counted of the streams on a link: payload, with what was sent again. */
export interface LinkTruth extends Link {
  readonly sentBytes: number;
  readonly droppedBytes: number;
}

/**
 * Rules at the router between the nodes: each link counts the payload of streams to a port, and a lossy one drops each
 * packet with a probability, whatever it carries. The last rule of a link counts nothing that is read.
 */
export class LinkDrops {
  readonly #router: Namespace;
  readonly #port: number;
  readonly #rules: (readonly string[])[] = [];
  readonly #links: readonly Link[];

  /** @param port of the servers that the streams go to */
  constructor(router: Namespace, links: readonly Link[], port: number) {
    this.#router = router;
    this.#port = port;
    this.#links = links;
  }

  /** @param shares of packets that a link drops; links without one drop none */
  apply(shares: readonly (Link & { readonly share: number })[]): void {
    for (const link of this.#links) {
      const share = shares.find(({ from, to }) => from === link.from && to === link.to)?.share ?? 0;
      const way = ['-i', interfaceOf(link.from), '-o', interfaceOf(link.to)];
      const lose = ['-m', 'statistic', '--mode', 'random', '--probability', String(share), '-j', 'DROP'];
      for (const side of ['--dport', '--sport']) {
        const data = [...way, '-p', 'tcp', side, String(this.#port), ...longerThan(DATA_FROM_BYTES)];
        this.#add([...data, ...comment('sent', link)]);
        // What is not dropped here goes on: it must not meet the rule for the rest.
        if (share > 0) this.#add([...data, ...comment('dropped', link), ...lose]);
        this.#add([...data, '-j', 'ACCEPT']);
      }
      if (share > 0) this.#add([...way, ...lose]);
    }
  }

  read(): readonly LinkTruth[] {
    const rules = this.#router.run('iptables', '-w', '-nvxL', 'FORWARD').split('\n');
    const payload = (what: string, link: Link): number =>
      rules
        .filter((rule) => rule.includes(`/* ${commentText(what, link)} */`))
        .map((rule) => rule.trim().split(/\s+/).map(Number))
        .reduce((sum, [packets, bytes]) => sum + bytes - packets * HEADER_BYTES, 0);
    return this.#links.map((link) => ({
      ...link,
      sentBytes: payload('sent', link),
      droppedBytes: payload('dropped', link),
    }));
  }

  remove(): void {
    for (const rule of this.#rules.splice(0)) this.#router.run('iptables', '-w', '-D', 'FORWARD', ...rule);
  }

  #add(rule: readonly string[]): void {
    this.#router.run('iptables', '-w', '-A', 'FORWARD', ...rule);
    this.#rules.push(rule);
  }
}

/** The router's end of the link to a node: `node1` leads to `node-1`. */
function interfaceOf(node: string): string {
  return node.replace('-', '');
}

function longerThan(bytes: number): readonly string[] {
  return ['-m', 'length', '--length', `${bytes}:65535`];
}

function comment(what: string, link: Link): readonly string[] {
  return ['-m', 'comment', '--comment', commentText(what, link)];
}

function commentText(what: string, { from, to }: Link): string {
  return `${what} ${from} ${to}`;
}
