/** Name of the container that flowtap puts into a pod; a pod that has it is one with a probe. */
export const PROBE_CONTAINER = 'flowtap-probe';
