import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { DemoNetwork } from '../../../services/cli/demo/demo-network.ts';

/** An `ip` that notes its arguments, refuses those that match, and lists these namespaces. */
function fakeIp({ refuses, lists = [] }: { readonly refuses?: RegExp; readonly lists?: readonly string[] }) {
  const calls: string[] = [];
  const ip = (...args: readonly string[]): string => {
    const call = args.join(' ');
    calls.push(call);
    if (refuses?.test(call)) throw new Error(`ip ${call}: refused`);
    return call === 'netns list' ? lists.join('\n') : '';
  };
  return { ip, calls };
}

const PID = 4_000_000;
const NAMES = { clients: ['web'], backends: ['shop-1', 'shop-2', 'shop-3'] };
const removalOf = (roles: readonly string[]): string[] =>
  roles.flatMap((role) => [
    `netns pids flowtap-demo-${PID}-${role}`,
    `netns delete flowtap-demo-${PID}-${role}`,
  ]);

test('has addresses of both families, and takes all away once', () => {
  const { ip, calls } = fakeIp({});
  const network = new DemoNetwork(ip, PID, NAMES);
  expect(network.clients.map(({ addresses }) => addresses)).toEqual([['10.244.1.2', 'fd00:244:1::2']]);
  expect(network.backends.map(({ addresses }) => addresses[0])).toEqual([
    '10.244.2.2',
    '10.244.3.2',
    '10.244.4.2',
  ]);
  expect(network.serviceAddresses).toEqual(['10.96.0.20', 'fd00:96::20']);
  calls.length = 0;
  network.close();
  network.close();
  expect(calls).toEqual(removalOf(['node', 'web', 'shop-1', 'shop-2', 'shop-3']));
});

test('each backend gets an equal share of the calls', () => {
  const { ip, calls } = fakeIp({});
  new DemoNetwork(ip, PID, NAMES);
  const rules = calls.filter((call) => /iptables .*-d 10\.96\.0\.20 -p tcp/.test(call));
  expect(rules.map((rule) => /--probability (\S+) .*--to-destination (\S+)/.exec(rule)?.slice(1))).toEqual([
    ['0.33333', '10.244.2.2:80'],
    ['0.50000', '10.244.3.2:80'],
    ['1.00000', '10.244.4.2:80'],
  ]);
});

test('does without IPv6 where the system has none', () => {
  const { ip } = fakeIp({ refuses: /ipv6/ });
  const network = new DemoNetwork(ip, PID, NAMES);
  expect(network.serviceAddresses).toEqual(['10.96.0.20']);
  expect(network.backends[0].addresses).toEqual(['10.244.2.2']);
});

test('leaves nothing where something is refused', () => {
  const { ip, calls } = fakeIp({ refuses: /link add/ });
  expect(() => new DemoNetwork(ip, PID, NAMES)).toThrow(/link add .*: refused$/);
  expect(calls.slice(-4)).toEqual(removalOf(['node', 'web']));
});

test('takes away what dead processes have left, and only that', () => {
  const { pid: dead } = spawnSync('true');
  const lists = [
    `flowtap-demo-${dead}-web (id: 1)`,
    `flowtap-demo-${dead}-shop`,
    `flowtap-demo-${process.ppid}-web (id: 0)`,
    `flowtap-demo-${PID}-web`,
    `flowtap-${dead}-web`,
    'flowtap-demo-x-web',
  ];
  const { ip, calls } = fakeIp({ lists });
  new DemoNetwork(ip, PID, NAMES);
  expect(calls.filter((call) => call.startsWith('netns delete'))).toEqual([
    `netns delete flowtap-demo-${dead}-web`,
    `netns delete flowtap-demo-${dead}-shop`,
    `netns delete flowtap-demo-${PID}-web`,
  ]);
});
