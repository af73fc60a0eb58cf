// `npm run cluster -- up|down|status`: a Kubernetes with nodes on this machine, for trying things and for tests by hand.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keepClusterUp } from './keep-cluster-up.ts';
import type { ProxyMode } from './nodes/node-settings.ts';
import { endClusters, showClusters } from './other-clusters.ts';

const USAGE = `npm run cluster -- up [options]     starts a cluster, and keeps it up until Ctrl+C or down
npm run cluster -- status           shows those that are up
npm run cluster -- down             ends them; with --context one of them

  --nodes <count>            how many nodes run pods (default 2)
  --kubeconfig <file>        a kubeconfig that gets a context for the cluster, as long as it is up
  --context <name>           the name of that context (default flowtap)
  --proxy-mode <mode>        iptables (default) or nftables
  --with-stores              with PostgreSQL, memcached and Elasticsearch outside of the cluster
`;

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '2' },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      'proxy-mode': { type: 'string', default: 'iptables' },
      'with-stores': { type: 'boolean', default: false },
    },
  });
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) throw new Error('--nodes is a count from 1 to 9');
  const proxyMode = values['proxy-mode'] as ProxyMode;
  if (!['iptables', 'nftables'].includes(proxyMode)) throw new Error('--proxy-mode is iptables or nftables');
  const [task, ...others] = positionals;
  if (others.length > 0) throw new Error(`What is ${others[0]}?\n\n${USAGE}`);
  if (task === 'up') {
    const { kubeconfig } = values;
    await keepClusterUp({
      nodes,
      proxyMode,
      context: values.context ?? 'flowtap',
      withStores: values['with-stores'],
      ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
    });
  } else if (task === 'down') await endClusters(values.context);
  else if (task === 'status') showClusters();
  else throw new Error(USAGE);
}

try {
  await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
