import { readFileSync } from 'node:fs';

import { FlowtapError } from '../../runtime/errors.ts';

/** CAP_NET_RAW's bit (linux/capability.h). */
const CAP_NET_RAW = 13n;

/** Why a packet socket was refused with EPERM, as a NET_RAW_MISSING that says what to do. */
export function netRawMissing(cause: unknown): FlowtapError {
  return new FlowtapError('NET_RAW_MISSING', 'capture', refusal(effectiveCapabilities()), { cause });
}

function refusal(capabilities: bigint | undefined): string {
  if (capabilities !== undefined && (capabilities >> CAP_NET_RAW) % 2n === 1n) {
    return (
      'Capturing was refused although this process has the NET_RAW capability: its user namespace does not own ' +
      'this network namespace, or a seccomp or security profile forbids packet sockets.'
    );
  }
  const has = capabilities === undefined ? '' : ` and has the capabilities ${capabilities.toString(16)} only`;
  return (
    `Capturing needs the NET_RAW capability, and this process runs as user ${process.geteuid?.()}${has}: add NET_RAW ` +
    'to the container (securityContext.capabilities.add), or run as root.'
  );
}

/** CapEff of proc_pid_status(5); undefined where /proc cannot be read. */
function effectiveCapabilities(): bigint | undefined {
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return line === null ? undefined : BigInt(`0x${line[1]}`);
  } catch {
    return undefined;
  }
}
