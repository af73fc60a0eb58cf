import type { ListedExperiment } from './experiment.ts';
import { listed } from './experiment.ts';
import { ISOLATION } from './isolation/isolation.ts';
import { LOSSY_LINK } from './lossy-link/lossy-link.ts';
import { POD_CHURN } from './pod-churn/pod-churn.ts';
import { UDP_NAT } from './udp-nat/udp-nat.ts';

/** In the order in which they are run, all on one cluster. */
export const NETWORK_EXPERIMENTS: readonly ListedExperiment[] = [
  listed(LOSSY_LINK),
  listed(ISOLATION),
  listed(UDP_NAT),
  listed(POD_CHURN),
];
