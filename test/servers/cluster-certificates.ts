import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestAuthority } from './public-keys.ts';

/** Who has a kubeconfig, and as whom the API server knows them. */
const USERS = {
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  proxy: '/CN=system:kube-proxy',
} as const;

export type ClusterUser = keyof typeof USERS;

/** A machine that runs pods. */
export interface NodeIdentity {
  readonly name: string;
  /** Where its kubelet is reached. */
  readonly address: string;
}

const SERVER_NAMES = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

/** The first address of the service network is the API server's. */
const SERVICE_ADDRESS = '10.96.0.1';

/**
 * Writes authorities, certificates, the keys of service accounts and the kubeconfigs of a cluster into `folder`.
 *
 * @param addresses where the API server is reached
 * @param nodes each gets a certificate, as client and server, and a kubeconfig by its name
 */
export function writeClusterCertificates(
  folder: string,
  server: string,
  addresses: readonly string[],
  nodes: readonly NodeIdentity[] = [],
): void {
  const authority = new TestAuthority(folder, 'ca');
  const names = SERVER_NAMES.map((name) => `DNS:${name}`);
  const alternatives = [...names, ...[SERVICE_ADDRESS, ...addresses].map((address) => `IP:${address}`)];
  authority.sign('apiserver', '/CN=kube-apiserver', 'serverAuth', alternatives);
  authority.sign('apiserver-kubelet', '/O=system:masters/CN=kube-apiserver-kubelet', 'clientAuth');
  new TestAuthority(folder, 'front-proxy-ca').sign('front-proxy', '/CN=front-proxy', 'clientAuth');
  for (const [user, subject] of Object.entries(USERS)) {
    authority.sign(user, subject, 'clientAuth');
    writeFileSync(join(folder, `${user}.kubeconfig`), kubeconfig(folder, server, user));
  }
  for (const { name, address } of nodes) {
    const subject = `/O=system:nodes/CN=system:node:${name}`;
    authority.sign(name, subject, 'clientAuth,serverAuth', [`DNS:${name}`, `IP:${address}`]);
    writeFileSync(join(folder, `${name}.kubeconfig`), kubeconfig(folder, server, name));
  }
  execFileSync('openssl', ['genrsa', '-out', 'sa.key', '2048'], { cwd: folder, stdio: 'pipe' });
  execFileSync('openssl', ['rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub'], {
    cwd: folder,
    stdio: 'pipe',
  });
}

/** @param user one of the above, or a node's name */
export function kubeconfigPath(folder: string, user: ClusterUser | NodeIdentity['name']): string {
  return join(folder, `${user}.kubeconfig`);
}

/** JSON is YAML. */
function kubeconfig(folder: string, server: string, user: string): string {
  const file = (name: string): string => join(folder, name);
  const credentials = { 'client-certificate': file(`${user}.crt`), 'client-key': file(`${user}.key`) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': file('ca.crt') } }],
    users: [{ name: user, user: credentials }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}
