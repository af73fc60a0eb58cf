/** Ends are called by the best name of a level. */
export const LEVEL_WORDS = ['namespaces', 'services', 'workloads', 'pods', 'addresses'] as const;
/** Ends are called by one field. */
export const FIELD_WORDS = ['nodes', 'versions', 'apps'] as const;

/** What can be ranked, for help and complaints. */
export const RANKED_WORDS = `${[...LEVEL_WORDS, ...FIELD_WORDS].join(', ')}, label:<key>, or pairs`;
