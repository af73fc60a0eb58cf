import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresNameSource } from '../../../services/enrichment/identify/postgres-name-source.ts';
import { CLIENT_POD, ofPod } from '../../fixtures/kubernetes-identities.ts';
import type { TestDatabase } from '../../kubeagent/database.ts';
import { DATABASES, openDatabase } from '../../kubeagent/database.ts';

const FROM_MS = 1_768_471_200_000;
const TO_MS = FROM_MS + 60_000;
const identity = ofPod(CLIENT_POD);

describe.each(DATABASES)('names in %s', (name) => {
  let database: TestDatabase | string;

  beforeAll(async () => {
    database = await openDatabase(name);
    if (typeof database === 'string') return;
    for (const [ip, uid, from, to] of [
      ['10.42.1.17', 'a', FROM_MS, TO_MS],
      ['fd00:42::17', 'b', FROM_MS + 0.25, undefined],
      ['10.42.1.18', 'c', FROM_MS, TO_MS],
      ['10.42.1.18', 'd', FROM_MS + 1, TO_MS],
      ['10.42.1.19', 'e', FROM_MS, FROM_MS + 1000],
      ['10.42.1.19', 'f', TO_MS + 1, undefined],
    ] as const) {
      const at = (ms: number): string => `epoch'::timestamptz + interval '${ms} milliseconds`;
      const until = to === undefined ? 'infinity' : at(to);
      // What ends is possible for longer than it is sure.
      const possibleUntil = uid === 'e' ? at(TO_MS) : until;
      await database.sql.query(
        `insert into identities (address, uid, kind, valid_from, valid_to, named_from, claim_from, claim_to,
           version_from, version_to, identity, is_shared)
         values ($1, $2, 'Pod', '${at(from)}', '${until}', '${at(from)}', '${at(from)}', '${possibleUntil}',
           '-infinity', 'infinity', $3, $4)`,
        [ip, uid, JSON.stringify(identity), ['c', 'd', 'e', 'f'].includes(uid)],
      );
    }
  }, 60_000);

  afterAll(async () => {
    if (typeof database === 'object') await database.close();
  });

  it('are found for each address and time, in their order', async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const source = new PostgresNameSource(database.sql);
    expect(
      await source.identify([
        { ip: '10.9.9.9', atMs: FROM_MS },
        { ip: 'fd00:42::17', atMs: TO_MS },
        { ip: '10.42.1.17', atMs: TO_MS },
        { ip: '10.42.1.17', atMs: TO_MS - 1 },
        { ip: '10.42.1.18', atMs: FROM_MS },
        { ip: '10.42.1.18', atMs: FROM_MS + 1 },
        { ip: '10.42.1.18', atMs: TO_MS },
        { ip: '10.42.1.19', atMs: FROM_MS + 1000 },
        { ip: '10.42.1.19', atMs: TO_MS },
      ]),
    ).toEqual([
      undefined,
      { identity, validFromMs: FROM_MS + 0.25, validToMs: undefined },
      undefined,
      { identity, validFromMs: FROM_MS, validToMs: TO_MS },
      { identity, validFromMs: FROM_MS, validToMs: FROM_MS + 1 },
      'contested',
      undefined,
      { possible: identity },
      undefined,
    ]);
    expect(await source.identify([])).toEqual([]);
  });
});
