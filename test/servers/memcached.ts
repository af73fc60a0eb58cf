import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { mayNotEnd } from './given-server.ts';
import { installedProgram } from './installed-program.ts';
import { makeRunFolder } from './run-folder.ts';
import { ServerProcess } from './server-process.ts';

const READY_MS = 10_000;

export interface TestMemcached {
  /** `host:port` */
  readonly address: string;
  /** Ends it at once; what it held is gone. */
  kill(): Promise<void>;
  /** Starts it again at the same address, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no memcached here, in a sentence; undefined where there is one. */
export function memcachedUnavailable(): string | undefined {
  if (process.env.FLOWTAP_TEST_MEMCACHED || installedProgram('memcached') !== undefined) return undefined;
  return 'memcached is not installed (Debian package memcached), and FLOWTAP_TEST_MEMCACHED does not name one';
}

/** A memcached of this test's own, on a free port of `host`. With FLOWTAP_TEST_MEMCACHED that one, which stays as it is. */
export async function startMemcached(host = '127.0.0.1'): Promise<TestMemcached> {
  const given = process.env.FLOWTAP_TEST_MEMCACHED;
  if (given) {
    const refuse = mayNotEnd('FLOWTAP_TEST_MEMCACHED');
    return { address: given, kill: refuse, restart: refuse, stop: async () => undefined };
  }
  const command = installedProgram('memcached');
  if (command === undefined) throw new Error(memcachedUnavailable());
  const folder = makeRunFolder('memcached');
  const port = await freePort(host);
  const start = async (): Promise<ServerProcess> => {
    const args = ['-l', host, '-p', String(port), '-U', '0', '-m', '64'];
    const logPath = join(folder, 'log');
    const server = await ServerProcess.start({ name: 'memcached', command, args, logPath, asNobody: true });
    await server.ready(() => accepts(host, port), READY_MS);
    return server;
  };
  let server = await start();
  return {
    address: `${host}:${port}`,
    kill: () => server.stop('SIGKILL'),
    async restart() {
      await server.stop('SIGKILL');
      server = await start();
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
