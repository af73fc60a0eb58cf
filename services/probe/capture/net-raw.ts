import { FlowtapError } from '../../runtime/errors.ts';
import type { Privileges } from '../../runtime/linux/privileges.ts';
import { hasCapability, readPrivileges } from '../../runtime/linux/privileges.ts';
import { CAP_NET_RAW } from '../../runtime/linux/raise-capability.ts';

/** Why a packet socket was refused with EPERM, as a NET_RAW_MISSING that says what to do. */
export function netRawMissing(cause: unknown): FlowtapError {
  return new FlowtapError('NET_RAW_MISSING', 'capture', netRawRefusal(readPrivileges()), { cause });
}

/** A sentence for what a process with these privileges lacks, beginning with the set that stops it (capabilities(7)). */
export function netRawRefusal(privileges: Privileges | undefined): string {
  if (privileges === undefined) return 'Capturing needs the NET_RAW capability, which this process lacks.';
  const { userId, effective, permitted, bounding, noNewPrivileges, isFiltered } = privileges;
  const who = `Capturing needs the NET_RAW capability, and this process (user ${userId})`;
  if (hasCapability(effective, CAP_NET_RAW)) {
    const profile = isFiltered ? 'its seccomp profile or a' : 'a';
    return (
      'Capturing was refused although this process has the NET_RAW capability: its user namespace does not own ' +
      `this network namespace, or ${profile} security module forbids packet sockets.`
    );
  }
  if (!hasCapability(bounding, CAP_NET_RAW)) {
    return (
      `${who} can never have it: its container was not granted it, or a policy took it away. Add NET_RAW to the ` +
      'container (securityContext.capabilities.add).'
    );
  }
  if (hasCapability(permitted, CAP_NET_RAW)) {
    return `${who} is permitted to have it, but a security module keeps it from being made effective.`;
  }
  if (userId === 0)
    return `${who} has given it up: it was started with fewer capabilities than its container has.`;
  if (!noNewPrivileges) {
    return `${who} runs a Node.js without it as a file capability: use flowtap's image as it is, or run as root.`;
  }
  return (
    `${who} may gain no privileges (allowPrivilegeEscalation: false): either the Node.js that runs has no file ` +
    "capability, so use flowtap's image as it is; or the container runtime grants capabilities to root only, as " +
    'cri-dockerd does, so run as root (runAsUser: 0).'
  );
}
