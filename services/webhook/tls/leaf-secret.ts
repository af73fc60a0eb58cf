import type { X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { readKeyPair } from './certificates.ts';
import type { SecretData } from './secret-store.ts';
import { secretText } from './secret-store.ts';
import type { KeyPair } from './x509-writer.ts';

/** A server that gets a certificate. */
export interface TlsLeaf {
  /** Where it is kept, in the form of kubernetes.io/tls. */
  readonly secretName: string;
  /** DNS names and IP addresses by which clients know the server; at least one. */
  readonly names: readonly string[];
}

/** What a server's Secret holds. */
export interface LeafSecret {
  readonly pair: KeyPair;
  /** Undefined where it or its key cannot be used. */
  readonly certificate: X509Certificate | undefined;
  /** The authorities that clients are to trust, in PEM. */
  readonly bundlePem: string;
}

const CERTIFICATE = 'tls.crt';
const KEY = 'tls.key';
const BUNDLE = 'ca.crt';

export function readLeaf(secret: KubernetesObject | undefined): LeafSecret {
  const pair = { certPem: secretText(secret, CERTIFICATE), keyPem: secretText(secret, KEY) };
  return { pair, certificate: readKeyPair(pair), bundlePem: secretText(secret, BUNDLE) };
}

export function leafData({ certPem, keyPem }: KeyPair, bundlePem: string): SecretData {
  return { [CERTIFICATE]: certPem, [KEY]: keyPem, [BUNDLE]: bundlePem };
}

/** The names of a service in the cluster; the first is what the API server verifies a webhook by. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}
