import { execFileSync } from 'node:child_process';

/** Two network namespaces with a cable between them. */
export interface VethPair {
  readonly sender: string;
  readonly receiver: string;
  readonly senderInterfaceIndex: number;
  readonly receiverInterface: string;
  readonly receiverMac: string;
  close(): void;
}

/** Makes them, without addresses: what arrives is seen by captures and by nobody else. Needs root. */
export function makeVethPair(): VethPair {
  const sender = `flowtap-bench-${process.pid}-a`;
  const receiver = `flowtap-bench-${process.pid}-b`;
  const close = (): void => {
    for (const namespace of [sender, receiver]) quietly(() => ip('netns', 'delete', namespace));
  };
  process.once('exit', close);
  try {
    for (const namespace of [sender, receiver]) {
      ip('netns', 'add', namespace);
      const settings = ['all', 'default'].map((scope) => `net.ipv6.conf.${scope}.disable_ipv6=1`);
      ip('netns', 'exec', namespace, 'sysctl', '-qw', ...settings);
    }
    ip('link', 'add', 'out0', 'netns', sender, 'type', 'veth', 'peer', 'name', 'in0', 'netns', receiver);
    ip('-n', sender, 'link', 'set', 'out0', 'up');
    ip('-n', receiver, 'link', 'set', 'in0', 'up');
    const [out0] = JSON.parse(ip('-n', sender, '-json', 'link', 'show', 'out0'));
    const [in0] = JSON.parse(ip('-n', receiver, '-json', 'link', 'show', 'in0'));
    return {
      sender,
      receiver,
      senderInterfaceIndex: out0.ifindex,
      receiverInterface: 'in0',
      receiverMac: in0.address,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // It was not there.
  }
}
