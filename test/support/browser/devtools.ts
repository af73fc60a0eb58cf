/** Something that the browser tells without being asked. */
export interface DevtoolsEvent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (result: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a browser's DevTools, in the flat mode: messages of a session carry its id. */
export class Devtools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string | undefined, (event: DevtoolsEvent) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The browser is gone.'));
    });
  }

  static async connect(url: string): Promise<Devtools> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`No DevTools at ${url}.`)));
    });
    return new Devtools(socket);
  }

  /** Sends a command, and gives its result; rejects with the browser's complaint. */
  send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  onEvent(sessionId: string, listener: (event: DevtoolsEvent) => void): void {
    this.#listeners.set(sessionId, listener);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: {
    readonly id?: number;
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly message: string };
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly sessionId?: string;
  }): void {
    const { id, result = {}, error, method, params = {}, sessionId } = message;
    if (id === undefined) {
      if (method !== undefined) this.#listeners.get(sessionId)?.({ method, params });
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
