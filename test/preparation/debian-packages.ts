import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { chromiumUnavailable } from '../servers/chromium.ts';
import { installedProgram } from '../servers/installed-program.ts';
import { javaHome } from '../servers/java-home.ts';
import { whenThisProcessEnds } from '../servers/keeper.ts';
import { postgresUnavailable } from '../servers/postgres.ts';

type Log = (line: string) => void;

/** Packages by their names, with how to see that each is there without asking a package manager. */
type Packages = Readonly<Record<string, () => boolean>>;

const program = (name: string) => () => installedProgram(name) !== undefined;
const file = (path: string) => () => existsSync(path);

/** What `npm run images` uses. */
export const IMAGE_PACKAGES: Packages = { buildah: program('buildah'), debootstrap: program('debootstrap') };

/** What the nodes of clusters use. */
export const NODE_PACKAGES: Packages = {
  containerd: program('containerd'),
  runc: program('runc'),
  'containernetworking-plugins': file('/usr/lib/cni/ptp'),
  conntrack: program('conntrack'),
  iptables: program('iptables'),
  nftables: program('nft'),
  iproute2: program('ip'),
  'util-linux': program('unshare'),
};

/** What tests use. */
const PACKAGES: Packages = {
  ...IMAGE_PACKAGES,
  runc: program('runc'),
  'libcap2-bin': program('getcap'),
  iproute2: program('ip'),
  iptables: program('iptables'),
  nftables: program('nft'),
  ipvsadm: program('ipvsadm'),
  conntrack: program('conntrack'),
  ethtool: program('ethtool'),
  tcpdump: program('tcpdump'),
  'util-linux': program('setpriv'),
  openssl: program('openssl'),
  postgresql: () => postgresUnavailable() === undefined,
  memcached: program('memcached'),
  chromium: () => chromiumUnavailable() === undefined,
  maven: program('mvn'),
  unzip: program('unzip'),
  'libpcap-dev': file('/usr/include/pcap/pcap.h'),
  'g++': program('c++'),
  make: program('make'),
  python3: program('python3'),
};

/** Any of these runs Elasticsearch; which one a release has differs, and Debian 12 has none. */
const JDKS = ['openjdk-25-jdk-headless', 'openjdk-21-jdk-headless'];

/** Installs the Debian packages that tests use, or those given, and this machine lacks: as root, where there is apt. */
export function installDebianPackages(log: Log, packages = PACKAGES): void {
  if (process.platform !== 'linux') return;
  const missing = notInstalled(packages);
  const needsJdk =
    packages === PACKAGES && javaHome() === undefined && !process.env.FLOWTAP_TEST_ELASTICSEARCH_URL;
  if (missing.length === 0 && !needsJdk) return;
  if (
    process.env.FLOWTAP_TEST_INSTALL === 'no' ||
    process.geteuid?.() !== 0 ||
    !installedProgram('apt-get')
  ) {
    if (missing.length > 0)
      log(`Not installed, so tests will be skipped: ${missing.join(' ')} (as Debian names them).`);
    return;
  }
  const restore = keepServicesStopped();
  try {
    install(missing, needsJdk, log);
  } finally {
    restore();
  }
}

/** Those of the packages that this machine lacks. */
export function notInstalled(packages: Packages): string[] {
  return Object.keys(packages).filter((name) => !packages[name]());
}

function install(missing: readonly string[], needsJdk: boolean, log: Log): void {
  if (missing.length === 0 && availableJdk() === undefined) return;
  log(`Installing Debian packages: ${missing.join(' ') || 'a JDK'} ...`);
  apt(['update', '-qq'], log);
  const jdk = needsJdk ? availableJdk() : undefined;
  const names = jdk === undefined ? missing : [...missing, jdk];
  if (apt(['install', '-qq', '-y', '--no-install-recommends', ...names], log)) return;
  // One that this release does not have takes the others with it.
  for (const name of names) apt(['install', '-qq', '-y', '--no-install-recommends', name], log);
}

function availableJdk(): string | undefined {
  return JDKS.find((name) => {
    const { status, stdout } = spawnSync('apt-cache', ['show', name], { encoding: 'utf8' });
    return status === 0 && stdout.includes('Package:');
  });
}

function apt(args: readonly string[], log: Log): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
  if (status !== 0) log(`apt-get ${args.join(' ')} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  return status === 0;
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Packages start their servers when they are installed, unless this file forbids it. Gives what takes it away. */
function keepServicesStopped(): () => void {
  if (existsSync(POLICY)) return () => undefined;
  whenThisProcessEnds(`rm -f ${POLICY}`);
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(POLICY, { force: true });
}
