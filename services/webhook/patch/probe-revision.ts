import { createHash } from 'node:crypto';
import type { Container, Volume } from '../pod.ts';

const DIGITS = 16;

/** A digest of what is put into the pod: the same for the same pod and settings. */
export function probeRevision(container: Container, volumes: readonly Volume[]): string {
  const text = JSON.stringify([container, volumes]);
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}
