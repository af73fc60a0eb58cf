import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestMemcached } from './memcached.ts';
import { memcachedUnavailable, startMemcached } from './memcached.ts';

const unavailable = process.env.FLOWTAP_TEST_MEMCACHED
  ? 'FLOWTAP_TEST_MEMCACHED names a server that others use too'
  : memcachedUnavailable();

let memcached: TestMemcached;

beforeAll(async () => {
  if (unavailable === undefined) memcached = await startMemcached();
});

afterAll(() => memcached?.stop());

beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

async function say(command: string): Promise<string> {
  const [host, port] = memcached.address.split(':');
  const socket = connect(Number(port), host);
  socket.write(`${command}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

test('it is empty after it was killed, at the same address', async () => {
  expect(await say('set a 0 60 1\r\nx')).toBe('STORED\r\n');
  expect(await say('get a')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n');
  await memcached.kill();
  await expect(say('get a')).rejects.toThrow('ECONNREFUSED');
  await memcached.restart();
  expect(await say('get a')).toBe('END\r\n');
});
