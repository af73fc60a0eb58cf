import { text } from '../../runtime/config-values.ts';

/** How a service reaches the state store. */
export const POSTGRES_SETTINGS = {
  postgres: {
    flag: '--postgres <url>',
    env: 'FLOWTAP_POSTGRES_URL',
    parse: text(),
    doc: 'URL of the state store, such as postgres://flowtap@db:5432/flowtap?sslmode=verify-full',
    secret: true,
  },
  postgresPasswordFile: {
    flag: '--postgres-password-file <path>',
    env: 'FLOWTAP_POSTGRES_PASSWORD_FILE',
    parse: text(),
    doc: "file with the state store's password, read at each connection",
  },
  postgresCaFile: {
    flag: '--postgres-ca-file <path>',
    env: 'FLOWTAP_POSTGRES_CA_FILE',
    parse: text(),
    doc: 'certificates of the authority that signed that of the state store; turns TLS on, with full verification',
  },
} as const;
