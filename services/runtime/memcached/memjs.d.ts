/** The part of memjs 1.3.2 that memcached-link.ts uses; the package has no types. */
declare module 'memjs' {
  import type { Socket } from 'node:net';

  export type Answered<Value> = (error: Error | null, value: Value) => void;

  interface Options {
    /** How often an operation is tried: 1 is once. */
    readonly retries: number;
    /** Seconds. */
    readonly timeout: number;
    readonly conntimeout: number;
    readonly keepAlive: boolean;
    readonly logger: { log(...parts: readonly unknown[]): void };
  }

  /** One server. Nothing is connected before the first operation. */
  export class Server {
    constructor(host: string, port: number, username: string, password: string, options: Options);
    username: string | undefined;
    password: string | undefined;
    /** There as soon as an operation was issued, connected or not. */
    readonly _socket: Socket | undefined;
    /** Destroys the socket, and fails all that waits with this error. */
    error(error: Error): void;
  }

  export class Client {
    constructor(servers: readonly Server[], options: Options);
    /** The value is null where there is none. */
    get(key: string, callback: Answered<Buffer | null>): void;
    set(key: string, value: string, options: { readonly expires: number }, callback: Answered<boolean>): void;
    /** False where the key is taken. */
    add(key: string, value: string, options: { readonly expires: number }, callback: Answered<boolean>): void;
    /** False where there is no such key. */
    touch(key: string, expires: number, callback: Answered<boolean>): void;
  }
}
