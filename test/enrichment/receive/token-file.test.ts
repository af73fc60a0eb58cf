import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { TokenFile } from '../../../services/enrichment/receive/token-file.ts';
import { systemClock } from '../../../services/runtime/clock.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { until } from '../../support/until.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

const fileOf = (text: string): string => folder.fileOf(Buffer.from(text));
const FIRST = 'first-token-0123456789';
const SECOND = 'second-token-987654321';

test('knows the tokens of its lines by name', async () => {
  const tokens = new TokenFile(fileOf(`# senders\n\nedge:${FIRST}\n other.vm:${SECOND} \n`));
  expect(await tokens.judge(FIRST)).toEqual({
    kind: 'accepted',
    sender: { method: 'token_file', name: 'token:edge' },
  });
  expect(await tokens.judge(SECOND)).toMatchObject({ sender: { name: 'token:other.vm' } });
  for (const other of ['', 'x', `${FIRST}x`, FIRST.slice(1)]) {
    expect(await tokens.judge(other)).toMatchObject({ kind: 'unknown' });
  }
});

test.each([
  ['', 'there is no line of the form name:token'],
  [`edge:${FIRST}\n${SECOND}`, 'line 2 is not of the form name:token'],
  ['edge:short', 'the token of edge has fewer than 16 characters'],
])('%j is an error without the token', (text, reason) => {
  expect(() => new TokenFile(fileOf(text))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(() => new TokenFile(fileOf(text))).toThrow(reason);
  expect(() => new TokenFile(fileOf(text))).not.toThrow(SECOND);
});

test('a missing file is an error', () => {
  expect(() => new TokenFile(folder.newPath())).toThrow('ENOENT');
});

test('a new file counts at once; a damaged one does not', async () => {
  const path = fileOf(`edge:${FIRST}`);
  const tokens = new TokenFile(path);
  const ending = new AbortController();
  const log = quietLogger();
  const warnings: unknown[] = [];
  log.warn = (fields: unknown) => void warnings.push(fields);
  const watching = tokens.watch({ clock: systemClock, signal: ending.signal, log, intervalMs: 2 });
  const knows = async (token: string) => (await tokens.judge(token)).kind === 'accepted';
  writeFileSync(path, 'damaged');
  await until(() => warnings.length > 0);
  expect(await knows(FIRST)).toBe(true);
  writeFileSync(path, `edge:${SECOND}`);
  await until(() => knows(SECOND));
  expect(await knows(FIRST)).toBe(false);
  ending.abort();
  await watching;
});
