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
const REMOVAL = ['shop', 'web'].flatMap((role) => [
  `netns pids flowtap-demo-${PID}-${role}`,
  `netns delete flowtap-demo-${PID}-${role}`,
]);

test('has addresses of both families, and takes all away once', () => {
  const { ip, calls } = fakeIp({});
  const network = new DemoNetwork(ip, PID);
  expect(network.shopAddresses).toEqual(['192.0.2.20', '2001:db8::20']);
  expect(network.webAddresses).toEqual(['192.0.2.10', '2001:db8::10']);
  calls.length = 0;
  network.close();
  network.close();
  expect(calls).toEqual(REMOVAL);
});

test('does without IPv6 where the system has none', () => {
  const { ip } = fakeIp({ refuses: /2001:db8/ });
  expect(new DemoNetwork(ip, PID).shopAddresses).toEqual(['192.0.2.20']);
});

test('leaves nothing where something is refused', () => {
  const { ip, calls } = fakeIp({ refuses: /link add/ });
  expect(() => new DemoNetwork(ip, PID)).toThrow(/link add .*: refused$/);
  expect(calls.slice(-4)).toEqual(REMOVAL);
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
  new DemoNetwork(ip, PID);
  expect(calls.filter((call) => call.startsWith('netns delete'))).toEqual([
    `netns delete flowtap-demo-${dead}-web`,
    `netns delete flowtap-demo-${dead}-shop`,
    `netns delete flowtap-demo-${PID}-web`,
  ]);
});
