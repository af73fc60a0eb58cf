/** Windows of one flow that are shown. */
export const MAX_WINDOWS = 500;
/** Probes, namespaces, services that are shown. */
export const MAX_PROBES = 5000;
export const MAX_NAMES = 5000;
