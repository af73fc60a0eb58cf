import { expect, test } from 'vitest';
import { outcomeOf } from '../../../services/enrichment/index/bulk-outcome.ts';

test.each<[number, number, string]>([
  [201, 0, 'created'],
  [200, 0, 'created'],
  [409, 0, 'duplicate'],
  [400, 0, 'rejected'],
  [413, 0, 'rejected'],
  [401, 0, 'retry'],
  [403, 0, 'retry'],
  [404, 0, 'retry'],
  [429, 9, 'retry'],
  [503, 9, 'retry'],
  [500, 0, 'retry'],
  [500, 2, 'retry'],
  [500, 3, 'rejected'],
])('status %i after %i inner errors is %s', (status, earlier, kind) => {
  expect(outcomeOf({ status, type: 't', reason: 'r' }, earlier)).toMatchObject({ kind });
});
