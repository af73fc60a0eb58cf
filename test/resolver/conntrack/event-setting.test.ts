import { afterAll, expect, test } from 'vitest';
import { eventsAreOff } from '../../../services/resolver/conntrack/event-setting.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

test.each([
  ['0\n', true],
  ['1\n', false],
  ['2\n', false],
  [undefined, false],
])('a kernel whose setting is %j tells of nothing: %s', (setting, isOff) => {
  const path = setting === undefined ? folder.newPath() : folder.fileOf(Buffer.from(setting));
  expect(eventsAreOff(path) !== undefined).toBe(isOff);
});
