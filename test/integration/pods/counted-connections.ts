import type { Namespace } from '../namespaces.ts';

/** A connection as the kernel's table has it, with what it counted each way. */
export interface CountedConnection {
  readonly protocol: string;
  /** Of TCP: `ESTABLISHED`, `TIME_WAIT`, … */
  readonly state: string | undefined;
  readonly original: CountedWay;
  readonly reply: CountedWay;
}

export interface CountedWay {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** Of ICMP. */
  readonly identifier: number | undefined;
  readonly packets: number;
  /** Bytes of IP packets. */
  readonly bytes: number;
}

/** All connections of both families; the table must count (`PodNetwork.countConnections`). */
export function countedConnections(node: Namespace): readonly CountedConnection[] {
  return ['ipv4', 'ipv6'].flatMap((family) =>
    node
      .run('conntrack', '-L', '-f', family, '-o', 'extended')
      .split('\n')
      .flatMap((line) => readLine(line) ?? []),
  );
}

/** `ipv4 2 tcp 6 118 TIME_WAIT src=… dst=… sport=… dport=… packets=… bytes=… src=… … [ASSURED] mark=0 use=1` */
function readLine(line: string): CountedConnection | undefined {
  const [, , protocol, , , state] = line.split(/\s+/);
  const ways = line.split(/(?=\bsrc=)/).slice(1);
  if (ways.length !== 2 || protocol === undefined) return undefined;
  const [original, reply] = ways.map(readWay);
  return { protocol, state: state?.includes('=') ? undefined : state, original, reply };
}

function readWay(text: string): CountedWay {
  const values = new Map([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  const number = (name: string): number | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    source: values.get('src') ?? '',
    destination: values.get('dst') ?? '',
    sourcePort: number('sport'),
    destinationPort: number('dport'),
    identifier: number('id'),
    packets: number('packets') ?? Number.NaN,
    bytes: number('bytes') ?? Number.NaN,
  };
}
