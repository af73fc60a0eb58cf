import type { Container, PodSpec, Resources } from '../pod.ts';

const COMPUTED = ['cpu', 'memory'] as const;

/**
 * Whether a pod is of the class Guaranteed: each of its containers, init containers too, has limits for CPU and memory,
 * and requests that equal them or are left out (k8s.io/kubernetes/pkg/apis/core/v1/helper/qos). `ignoring` is left out.
 */
export function isGuaranteed({ containers, initContainers = [] }: PodSpec, ignoring: string): boolean {
  const counted = [...containers, ...initContainers].filter(({ name }) => name !== ignoring);
  return counted.length > 0 && counted.every(isGuaranteedContainer);
}

function isGuaranteedContainer({ resources }: Container): boolean {
  return COMPUTED.every((name) => {
    const limit = parseQuantity(resources?.limits?.[name]);
    const request = parseQuantity(resources?.requests?.[name]) ?? limit;
    return limit !== undefined && limit > 0 && request === limit;
  });
}

const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  ...{ n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 },
};
const BINARY_POWERS: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const QUANTITY = /^\+?(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/** The number that a quantity stands for: `250m` is 0.25, `1Ki` 1024; undefined for what is none. */
export function parseQuantity(quantity: string | number | undefined): number | undefined {
  const [, digits, suffix = ''] = QUANTITY.exec(String(quantity ?? '')) ?? [];
  if (digits === undefined) return undefined;
  const power = BINARY_POWERS[suffix];
  if (power !== undefined) return Number(digits) * 2 ** power;
  const exponent = DECIMAL_EXPONENTS[suffix];
  // `Number` reads decimal exponents exactly; multiplying with 0.001 does not.
  return Number(exponent === undefined ? `${digits}${suffix}` : `${digits}e${exponent}`);
}

/** True where a limit or request of the whole pod is set; what containers ask for has to fit into it. */
export function hasPodResources({ resources }: PodSpec): boolean {
  const { requests, limits }: Resources = resources ?? {};
  return Object.keys(requests ?? {}).length > 0 || Object.keys(limits ?? {}).length > 0;
}
