import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { communityId } from '../../services/core/community-id.ts';
import { parseIp } from '../../services/core/ip-address.ts';

/** What the Community ID specification expects of an implementation; not part of this repository. */
const BASELINE = new URL('../../../shared/pcaps/community-id-baseline/', import.meta.url);

interface BaselineRow {
  readonly proto: number;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number | null;
  readonly dport: number | null;
  readonly communityid: string;
}

describe('the baseline of the Community ID specification', () => {
  for (const { file, seed, hexadecimal } of [
    { file: 'baseline_deflt.json', seed: 0, hexadecimal: false },
    { file: 'baseline_seed1.json', seed: 1, hexadecimal: false },
    { file: 'baseline_nob64.json', seed: 0, hexadecimal: true },
  ]) {
    it(file, (ctx) => {
      const path = new URL(file, BASELINE);
      if (!existsSync(path)) return ctx.skip(`there is no ${path.pathname}`);
      const rows = JSON.parse(readFileSync(path, 'utf8')) as readonly BaselineRow[];
      expect(rows.length).toBeGreaterThan(20);
      for (const row of rows) expect({ ...row, communityid: idOf(row, seed, hexadecimal) }).toEqual(row);
    });
  }
});

function idOf(row: BaselineRow, seed: number, hexadecimal: boolean): string {
  const sourceAddress = parseIp(row.saddr);
  const destinationAddress = parseIp(row.daddr);
  if (sourceAddress === undefined || destinationAddress === undefined) throw new Error(JSON.stringify(row));
  const flow = { protocol: row.proto, sourceAddress, destinationAddress, hexadecimal };
  if (row.sport === null || row.dport === null) return communityId(flow, seed);
  return communityId({ ...flow, sourcePort: row.sport, destinationPort: row.dport }, seed);
}
