import type * as z from 'zod/mini';
import type { ConfigOf, EnvironmentName } from '../../runtime/config.ts';
import { flag, list, oneOf, reader } from '../../runtime/config-values.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { addressPattern } from '../flows/address-pattern.ts';
import type { EndCriteria, FlowCriteria } from '../flows/flow-criteria.ts';
import { FLOW_END_REASONS, NAMED_BY, NAT_EVIDENCE } from '../flows/flow-criteria.ts';
import { labelSelector } from '../flows/label-selector.ts';
import { namespacedName, plainName } from '../flows/name-pattern.ts';
import { portRange } from '../flows/port-range.ts';
import { momentOf, timeBound } from '../flows/time-bound.ts';
import { STREAM_SETTINGS } from './stream-settings.ts';

/** What can be asked of an end: the flag's value, how it is read, and what it is. */
const OF_END = {
  namespace: ['namespace <names>', list(plainName()), 'namespace of'],
  pod: ['pod <names>', list(namespacedName()), 'pod, as web-1, shop/web-1 or web-*, at'],
  service: ['service <names>', list(namespacedName()), 'service, as cart or shop/cart, at'],
  workload: [
    'workload <names>',
    list(namespacedName()),
    'Deployment, StatefulSet or the like, as web or shop/web, at',
  ],
  label: [
    'label <selector>',
    labelSelector(),
    'label selector, as app=web,tier!=db,env in (a,b),!x, for the pod at',
  ],
  ip: ['ip <addresses>', list(addressPattern()), 'address or range, before or after translation, of'],
  port: ['port <ports>', list(portRange()), 'port or range of ports, before or after translation, of'],
  namedBy: [
    'named-by <words>',
    list(oneOf(...NAMED_BY)),
    `how the name was found (${NAMED_BY.join(', ')}) of`,
  ],
} as const satisfies Readonly<Record<keyof EndCriteria, readonly [string, z.ZodMiniType, string]>>;

const ENDS = { '': 'either end', from: 'the end that opened it', to: 'the end that answered' } as const;
type End = keyof typeof ENDS;
type Kind = keyof typeof OF_END;
type NameOf<Which extends End, What extends Kind> = Which extends '' ? What : `${Which}${Capitalize<What>}`;

/** `namespace`, `fromNamespace`, … */
type EndSettings<Which extends End> = {
  readonly [What in Kind as NameOf<Which, What>]: {
    readonly flag: string;
    readonly env: EnvironmentName;
    readonly parse: (typeof OF_END)[What][1];
    readonly doc: string;
  };
};

function endSettings<Which extends End>(end: Which): EndSettings<Which> {
  const settings = Object.entries(OF_END).map(([kind, [value, parse, doc]]) => {
    const name = end === '' ? value : `${end}-${value}`;
    const words = name.split(' ')[0].replaceAll('-', '_').toUpperCase();
    // Kubernetes has variables that end in _PORT.
    const env = `FLOWTAP_FILTER_${words === 'PORT' || words.endsWith('_PORT') ? `${words}S` : words}`;
    return [settingName(end, kind as Kind), { flag: `--${name}`, env, parse, doc: `${doc} ${ENDS[end]}` }];
  });
  return Object.fromEntries(settings) as EndSettings<Which>;
}

function settingName(end: End, kind: Kind): string {
  return end === '' ? kind : `${end}${kind[0].toUpperCase()}${kind.slice(1)}`;
}

const transport = reader('a protocol such as tcp, udp or icmp', (word) =>
  /^[a-z][a-z0-9-]{0,31}$/.test(word) ? word : undefined,
);

/** Which flows are looked at: the same for every command that looks at flows. */
export const CRITERIA_SETTINGS = {
  ...STREAM_SETTINGS,
  since: {
    flag: '--since <time>',
    env: 'FLOWTAP_SINCE',
    parse: timeBound(),
    doc: 'from this time on: 5m, 2h, 7d ago, or a moment such as 2026-01-15T10:00:00Z',
  },
  until: {
    flag: '--until <time>',
    env: 'FLOWTAP_UNTIL',
    parse: timeBound(),
    doc: 'before this time, likewise',
  },
  ...endSettings(''),
  ...endSettings('from'),
  ...endSettings('to'),
  transport: {
    flag: '--transport <protocols>',
    env: 'FLOWTAP_FILTER_TRANSPORT',
    parse: list(transport),
    doc: 'tcp, udp, icmp, …',
  },
  external: {
    flag: '--external',
    env: 'FLOWTAP_FILTER_EXTERNAL',
    parse: flag(),
    default: 'false',
    doc: 'one end is outside of the cluster',
  },
  nat: {
    flag: '--nat <words>',
    env: 'FLOWTAP_FILTER_NAT',
    parse: list(oneOf(...NAT_EVIDENCE)),
    doc: 'how the flow was translated: conntrack (as the resolver read it), inferred, or none',
  },
  endReason: {
    flag: '--end-reason <words>',
    env: 'FLOWTAP_FILTER_END_REASON',
    parse: list(oneOf(...FLOW_END_REASONS)),
    doc: `ended, and so: ${FLOW_END_REASONS.join(', ')}`,
  },
  refused: {
    flag: '--refused',
    env: 'FLOWTAP_FILTER_REFUSED',
    parse: flag(),
    default: 'false',
    doc: 'TCP connections that were refused',
  },
  unanswered: {
    flag: '--unanswered',
    env: 'FLOWTAP_FILTER_UNANSWERED',
    parse: flag(),
    default: 'false',
    doc: 'TCP connections that got no answer, as behind a network policy',
  },
  lossy: {
    flag: '--lossy',
    env: 'FLOWTAP_FILTER_LOSSY',
    parse: flag(),
    default: 'false',
    doc: 'payload was lost',
  },
} as const;

export type CriteriaConfig = ConfigOf<typeof CRITERIA_SETTINGS>;

/**
 * What a user asks for. Throws a FlowtapError CONFIG_INVALID where the times exclude each other.
 *
 * @param spanMs how far back to look where no time is named
 */
export function criteriaOf(config: CriteriaConfig, nowMs: number, spanMs?: number): FlowCriteria {
  const toMs = config.until && momentOf(config.until, nowMs);
  const sinceMs = config.since && momentOf(config.since, nowMs);
  if (sinceMs !== undefined && toMs !== undefined && sinceMs >= toMs) {
    throw new FlowtapError('CONFIG_INVALID', 'config', '--since must be before --until.');
  }
  const fromMs = sinceMs ?? (spanMs === undefined ? undefined : (toMs ?? nowMs) - spanMs);
  const { transport: transports, nat, endReason, external, refused, unanswered, lossy } = config;
  return {
    either: endCriteria(config, ''),
    from: endCriteria(config, 'from'),
    to: endCriteria(config, 'to'),
    ...{ transport: transports, nat, endReason, fromMs, toMs },
    isExternal: external,
    isRefused: refused,
    isUnanswered: unanswered,
    isLossy: lossy,
  };
}

function endCriteria(config: CriteriaConfig, end: End): EndCriteria {
  const values: Readonly<Record<string, unknown>> = config;
  const kinds = Object.keys(OF_END) as Kind[];
  return Object.fromEntries(kinds.map((kind) => [kind, values[settingName(end, kind)]])) as EndCriteria;
}
