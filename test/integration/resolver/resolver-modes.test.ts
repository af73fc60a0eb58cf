import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ICMP, ICMPV6, SCTP, TCP } from '../../../services/core/protocol.ts';
import { startClient } from '../conversations.ts';
import { missingCommand } from '../missing-command.ts';
import type { PodNamespace } from '../pods/pod-network.ts';
import type { PodCall } from '../pods/pod-process.ts';
import { idOf } from './expected-translations.ts';
import { ResolverRig, rigUnavailable, SERVER_PORT, serviceObject } from './resolver-rig.ts';
import type { RunningResolver } from './running-resolver.ts';

const unavailable = rigUnavailable();
const noNft = missingCommand('nft');
const PORTS = ['TCP', 'UDP', 'SCTP'].map((protocol) => ({
  name: protocol,
  protocol,
  port: 80,
  nodePort: 30_081,
}));

/** A service of this name and its address in both families, from a number. */
const named = (name: string, host: number) => ({
  name,
  ips: [`10.96.1.${host}`, `fd00:96:1::${host}`],
  object: serviceObject(name, {
    spec: { clusterIPs: [`10.96.1.${host}`, `fd00:96:1::${host}`], ports: PORTS },
  }),
});

const NFT = named('nft', 1);
const MASQUERADED = named('masqueraded', 2);
const STICKY = named('sticky', 3);
const HAIRPIN = named('hairpin', 4);
const INSERTED = named('inserted', 5);
const SERVICES = [NFT, MASQUERADED, STICKY, HAIRPIN, INSERTED];

const PROTOCOLS = ['tcp', 'udp'] as const;
const both = SERVICES.flatMap((service) =>
  service.ips.flatMap((ip) => PROTOCOLS.map((protocol) => ({ service, ip, protocol }))),
);
const callsOf = (wanted: typeof NFT) => both.filter(({ service }) => service === wanted);
const call = (ip: string, protocol: 'tcp' | 'udp', count = 9): PodCall => ({
  protocol,
  ip,
  port: 80,
  count,
  requestBytes: 10,
});

describe('connections in all modes', () => {
  let rig: ResolverRig;
  let resolver: RunningResolver;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    rig = await ResolverRig.start();
    resolver = await rig.startResolver({ services: SERVICES.map(({ object }) => object) });
  });

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  afterAll(async () => {
    await resolver?.stop();
    await rig?.close();
  });

  const serviceOf = ({ name }: typeof NFT) => ({ namespace: 'shop', name, port: 80 });
  const iptables = (ip: string, ...rule: readonly string[]): string =>
    rig.network.node.run(ip.includes(':') ? 'ip6tables' : 'iptables', '-w', '-t', 'nat', ...rule);

  describe('nftables', () => {
    beforeAll(() => {
      if (unavailable === undefined && noNft === undefined)
        rig.network.node.run('nft', nftRules(NFT.ips, rig.backends));
    });

    test.for(callsOf(NFT))('$protocol to $ip', async ({ ip, protocol }, ctx) => {
      if (noNft !== undefined) ctx.skip(noNft);
      const connections = await rig.call(call(ip, protocol, 20));
      const { there, expected } = await rig.compare(connections, serviceOf(NFT));
      expect(there).toEqual(expected);
      expect(new Set(connections.map(({ server }) => server.ip)).size).toBeGreaterThan(1);
    });
  });

  describe('with the source masqueraded', () => {
    beforeAll(() => {
      if (unavailable !== undefined) return;
      for (const { ip, protocol } of callsOf(MASQUERADED)) {
        rig.network.addService({ ip, protocol, port: 80, targetPort: SERVER_PORT }, rig.backends);
        const connection = ['-m', 'conntrack', '--ctorigdst', ip, '--ctstate', 'DNAT'];
        iptables(ip, '-A', 'POSTROUTING', '-p', protocol, ...connection, '-j', 'MASQUERADE');
      }
    });

    test.each(callsOf(MASQUERADED))(
      '$protocol to $ip has a translation for each side',
      async ({ ip, protocol }) => {
        const connections = await rig.call(call(ip, protocol));
        const { there, expected } = await rig.compare(connections, serviceOf(MASQUERADED));
        expect(there).toEqual(expected);
        expect(Object.keys(expected)).toHaveLength(18);
      },
    );

    test('to outside of the cluster there is one, for the server', async () => {
      rig.network.node.run(
        'iptables',
        '-w',
        '-t',
        'nat',
        '-A',
        'POSTROUTING',
        '-s',
        rig.client.ipv4,
        '-j',
        'MASQUERADE',
      );
      const [outside] = rig.backends;
      const connections = await rig.call({
        protocol: 'tcp',
        ip: outside.ipv4,
        port: SERVER_PORT,
        count: 3,
        requestBytes: 1,
      });
      const { there, expected } = await rig.compare(connections, undefined);
      expect(there).toEqual(expected);
      expect(Object.keys(expected)).toHaveLength(3);
      rig.network.node.run(
        'iptables',
        '-w',
        '-t',
        'nat',
        '-D',
        'POSTROUTING',
        '-s',
        rig.client.ipv4,
        '-j',
        'MASQUERADE',
      );
    });
  });

  describe('a pod that reaches itself through its service', () => {
    beforeAll(() => {
      if (unavailable !== undefined) return;
      const [self] = rig.backends;
      for (const { ip, protocol } of callsOf(HAIRPIN)) {
        rig.network.addService({ ip, protocol, port: 80, targetPort: SERVER_PORT }, [self]);
      }
    });

    test.each(callsOf(HAIRPIN))('$protocol to $ip', async ({ ip, protocol }) => {
      const [self] = rig.backends;
      const connections = await rig.call(call(ip, protocol, 3), self);
      const { there, expected } = await rig.compare(connections, serviceOf(HAIRPIN));
      expect(there).toEqual(expected);
      expect(connections[0].caller.ip).not.toBe(connections[0].client.ip);
      expect(Object.keys(expected)).toHaveLength(6);
    });
  });

  describe('session affinity', () => {
    beforeAll(() => {
      if (unavailable !== undefined) return;
      for (const { ip, protocol } of callsOf(STICKY)) addSticky(iptables, ip, protocol, rig.backends);
    });

    test.each(callsOf(STICKY))('$protocol to $ip', async ({ ip, protocol }) => {
      const connections = await rig.call(call(ip, protocol));
      const { there, expected } = await rig.compare(connections, serviceOf(STICKY));
      expect(there).toEqual(expected);
      expect(new Set(connections.map(({ server }) => server.ip)).size).toBe(1);
    });
  });

  test.each([
    { family: 'IPv4', protocol: ICMP, type: 8, ip: '10.96.1.20' },
    { family: 'IPv6', protocol: ICMPV6, type: 128, ip: 'fd00:96:1::20' },
  ])('ICMP echo over $family', async ({ protocol, type, ip }) => {
    const [backend] = rig.backends;
    const isIpv6 = ip.includes(':');
    const target = isIpv6 ? backend.ipv6 : backend.ipv4;
    const client = isIpv6 ? rig.client.ipv6 : rig.client.ipv4;
    iptables(
      ip,
      '-A',
      'PREROUTING',
      '-d',
      ip,
      '-p',
      isIpv6 ? 'icmpv6' : 'icmp',
      '-j',
      'DNAT',
      '--to-destination',
      target,
    );
    await (await startClient(rig.client.namespace)).hold({ kind: 'echo', address: ip, bytes: 8 });
    // The Community ID has the type in place of the port.
    const id = (to: string): string => idOf(protocol, { ip: client, port: type }, { ip: to, port: 0 });
    const [found] = await rig.waitFor([id(ip)]);
    expect(found).toMatchObject({
      communityId: id(target),
      observed: { source: { ip: client, port: 0 }, destination: { ip, port: 0 } },
      source: { ip: client, port: 0 },
      destination: { ip: target, port: 0 },
    });
  });

  // The kernel may lack the SCTP sockets and IPVS, but not the connection table's part of them.
  test.each([
    { what: 'SCTP', protocol: SCTP, name: 'sctp', flags: ['--orig-vtag', '1', '--reply-vtag', '2'], host: 1 },
    { what: 'as IPVS leaves it, without a status bit', protocol: TCP, name: 'tcp', flags: [], host: 2 },
  ])('an entry of $what', async ({ protocol, name, flags, host }) => {
    const [ip] = INSERTED.ips;
    const source = { ip: `10.1.1.${host}`, port: 1000 };
    const server = { ip: '10.2.2.2', port: 8080 };
    const tuples = ['-s', source.ip, '-d', ip, '--sport', '1000', '--dport', '80'];
    const reply = ['-r', server.ip, '-q', source.ip, '--reply-port-src', '8080', '--reply-port-dst', '1000'];
    const state = ['--state', 'ESTABLISHED', '--timeout', '60'];
    rig.network.node.run('conntrack', '-I', '-p', name, ...tuples, ...reply, ...state, ...flags);
    const [found] = await rig.waitFor([idOf(protocol, source, { ip, port: 80 })]);
    expect(found).toMatchObject({
      communityId: idOf(protocol, source, server),
      source,
      destination: server,
      service: serviceOf(INSERTED),
    });
  });

  test('IPVS', async (ctx) => {
    const { name } = rig.network.node;
    const { status, stderr } = spawnSync('ip', ['netns', 'exec', name, 'ipvsadm', '-Ln'], {
      encoding: 'utf8',
    });
    if (status !== 0) {
      ctx.skip(`IPVS cannot be had here (${stderr.split('\n')[0]}): a kernel with CONFIG_IP_VS, and ipvsadm`);
    }
    const service = '10.96.1.30:80';
    rig.network.node.setKernelParameters({ 'ipv4/vs/conntrack': 1 });
    rig.network.node.ip('address', 'add', '10.96.1.30/32', 'dev', 'lo');
    rig.network.node.run('ipvsadm', '-A', '-t', service, '-s', 'rr');
    for (const { ipv4 } of rig.backends) {
      rig.network.node.run('ipvsadm', '-a', '-t', service, '-r', `${ipv4}:${SERVER_PORT}`, '-m');
    }
    const connections = await rig.call(call('10.96.1.30', 'tcp'));
    const { there, expected } = await rig.compare(connections, undefined);
    expect(there).toEqual(expected);
    expect(new Set(connections.map(({ server }) => server.ip)).size).toBe(3);
  });
});

/** kube-proxy's nftables mode in small: a map from a random number to the backend. */
function nftRules([ip, ip6]: readonly string[], backends: readonly PodNamespace[]): string {
  const map = (address: (backend: PodNamespace) => string): string =>
    backends.map((backend, index) => `${index} : ${address(backend)} . ${SERVER_PORT}`).join(', ');
  const rule = (family: string, to: string, elements: string): string =>
    `meta l4proto { tcp, udp } ${family} daddr ${to} th dport 80 dnat ${family} addr . port to numgen random mod ${backends.length} map { ${elements} }`;
  return `table inet services {
    chain prerouting {
      type nat hook prerouting priority dstnat;
      ${rule(
        'ip',
        ip,
        map(({ ipv4 }) => ipv4),
      )}
      ${rule(
        'ip6',
        ip6,
        map(({ ipv6 }) => ipv6),
      )}
    }
  }`;
}

/** kube-proxy's ClientIP affinity: who was here lately goes where he went. */
function addSticky(
  iptables: (ip: string, ...rule: readonly string[]) => string,
  ip: string,
  protocol: string,
  backends: readonly PodNamespace[],
): void {
  const isIpv6 = ip.includes(':');
  const called = ['-d', ip, '-p', protocol, '--dport', '80'];
  const chain = (index: number): string => `STICKY-${protocol}-${index}`;
  for (const [index, backend] of backends.entries()) {
    const target = isIpv6 ? `[${backend.ipv6}]:${SERVER_PORT}` : `${backend.ipv4}:${SERVER_PORT}`;
    const recent = ['-m', 'recent', '--name', chain(index)];
    iptables(ip, '-N', chain(index));
    iptables(
      ip,
      '-A',
      chain(index),
      '-p',
      protocol,
      ...recent,
      '--set',
      '-j',
      'DNAT',
      '--to-destination',
      target,
    );
    iptables(
      ip,
      '-A',
      'PREROUTING',
      ...called,
      ...recent,
      '--rcheck',
      '--seconds',
      '600',
      '-j',
      chain(index),
    );
  }
  for (const index of backends.keys()) {
    const share = 1 / (backends.length - index);
    const chance = share < 1 ? ['-m', 'statistic', '--mode', 'random', '--probability', String(share)] : [];
    iptables(ip, '-A', 'PREROUTING', ...called, ...chance, '-j', chain(index));
  }
}
