import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { CacheFailure } from '../../../services/runtime/memcached/cache.ts';
import { NO_ANSWER } from '../../../services/runtime/memcached/cache.ts';
import { MemcachedCache } from '../../../services/runtime/memcached/memcached-cache.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';

/** A response of the binary protocol: magic, opcode, key length, extras, type, status, body length, opaque, cas. */
function response(opaque: number, body: string): Buffer {
  const message = Buffer.alloc(28 + body.length);
  message[0] = 0x81;
  message[4] = 4;
  message.writeUInt32BE(4 + body.length, 8);
  message.writeUInt32BE(opaque, 12);
  message.write(body, 28, 'latin1');
  return message;
}

/** Servers that do what memcached should not. */
const BEHAVIOURS: Readonly<Record<string, (socket: Socket, opaque: number, connection: number) => void>> = {
  'never answers': () => undefined,
  'closes the connection': (socket) => socket.end(),
  'resets the connection': (socket) => socket.resetAndDestroy(),
  'closes after half of an answer': (socket, opaque) =>
    socket.end(response(opaque, 'a value').subarray(0, 20)),
};

describe('MemcachedLink', () => {
  let server: Server | undefined;
  let cache: MemcachedCache | undefined;
  const failures: Partial<Record<CacheFailure, number>> = {};

  afterEach(() => {
    cache?.close();
    server?.close();
    for (const cause of Object.keys(failures)) delete failures[cause as CacheFailure];
  });

  /** Behaves as it is told on the first connection, and well on others. */
  const serve = async (behave: (typeof BEHAVIOURS)[string]): Promise<ManualClock> => {
    let connections = 0;
    server = createServer((socket) => {
      const connection = ++connections;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        for (let at = 0; at + 24 <= data.length; at += 24 + data.readUInt32BE(at + 8)) {
          const opaque = data.readUInt32BE(at + 12);
          if (connection === 1) behave(socket, opaque, connection);
          else socket.write(response(opaque, 'a value'));
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const clock = new ManualClock();
    const observer = {
      failed: (cause: CacheFailure, operations: number) => {
        failures[cause] = (failures[cause] ?? 0) + operations;
      },
    };
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    cache = new MemcachedCache([address], {
      clock,
      log: quietLogger(),
      observer,
      timeoutMs: 100,
      pauseMs: 1000,
    });
    return clock;
  };

  test.each(Object.keys(BEHAVIOURS))(
    'a server that %s costs what was under way, and no more',
    async (name) => {
      const clock = await serve(BEHAVIOURS[name]);
      expect(await cache?.getMany(['a', 'b', 'c'])).toEqual([NO_ANSWER, NO_ANSWER, NO_ANSWER]);
      expect(failures).toEqual({ [name === 'never answers' ? 'timeout' : 'connection']: 3 });
      expect(await cache?.getMany(['a'])).toEqual([NO_ANSWER]);
      expect(failures.paused).toBe(1);
      clock.advance(1000);
      expect(await cache?.getMany(['a', 'b'])).toEqual(['a value', 'a value']);
    },
  );

  test('nobody there is a failure of each operation, not of the caller', async () => {
    await serve(() => undefined);
    server?.close();
    expect(await cache?.setMany([{ key: 'a', value: 'b', ttlSeconds: 1 }])).toEqual([NO_ANSWER]);
    expect(failures).toEqual({ connection: 1 });
  });

  test('a connection that ends while nothing waits costs nothing', async () => {
    const sockets: Socket[] = [];
    await serve((socket, opaque) => {
      sockets.push(socket);
      socket.write(response(opaque, 'a value'));
    });
    expect(await cache?.getMany(['a'])).toEqual(['a value']);
    sockets[0].end();
    await once(sockets[0], 'close');
    await expect.poll(() => cache?.getMany(['a'])).toEqual(['a value']);
    expect(failures.paused).toBeUndefined();
  });
});
