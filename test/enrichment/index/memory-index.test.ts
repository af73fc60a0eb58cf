import { expect, test } from 'vitest';
import { MemoryIndex } from '../../../services/enrichment/index/memory-index.ts';

test('keeps the newest documents of each stream, each once', async () => {
  const told: string[] = [];
  const index = new MemoryIndex(2, ({ id }) => told.push(id));
  const write = (stream: string, ...ids: string[]) =>
    index.write(ids.map((id) => ({ stream, id, body: `{"id":"${id}"}` })));
  expect(await write('a', '1', '1', '2', '3')).toEqual([
    { kind: 'created' },
    { kind: 'duplicate' },
    { kind: 'created' },
    { kind: 'created' },
  ]);
  await write('b', '1');
  expect(index.streams()).toEqual(['a', 'b']);
  expect(index.read('a')).toEqual([{ id: '2' }, { id: '3' }]);
  expect(index.read('none')).toEqual([]);
  expect(told).toEqual(['1', '2', '3', '1']);
  expect(index.unavailable()).toBeUndefined();
  await index.close();
});
