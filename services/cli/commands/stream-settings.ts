import { reader } from '../../runtime/config-values.ts';

const dataStreamNamespace = reader(
  'lower-case letters, digits, dots and underscores, or * for all',
  (word) => (/^(?:\*|[a-z0-9][a-z0-9_.]{0,99})$/.test(word) ? word : undefined),
);

/** Which data streams are read. */
export const STREAM_SETTINGS = {
  dataStreamNamespace: {
    flag: '--data-stream-namespace <name>',
    env: 'FLOWTAP_DATA_STREAM_NAMESPACE',
    parse: dataStreamNamespace,
    default: '*',
    doc: 'show the flows of the streams of this namespace; * for all',
  },
} as const;
