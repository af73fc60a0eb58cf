import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Namespace } from './namespaces.ts';

/** What a server answers: TCP and UDP echo on the given ports, and DNS. */
export interface ServedPorts {
  readonly addresses: readonly string[];
  readonly tcp: readonly number[];
  readonly udp: number;
}

/** What a client does; each waits for the answer. */
export type Conversation =
  | {
      readonly kind: 'tcp';
      readonly address: string;
      readonly port: number;
      readonly bytes: number;
      /** The connection lives as long as the client. */
      readonly staysOpen?: boolean;
    }
  | { readonly kind: 'tcp-refused'; readonly address: string; readonly port: number }
  | {
      readonly kind: 'udp';
      readonly address: string;
      readonly port: number;
      readonly localPort?: number;
      readonly bytes: number;
    }
  | { readonly kind: 'dns'; readonly address: string; readonly name: string }
  | { readonly kind: 'echo'; readonly address: string; readonly bytes: number };

export interface ConversationReply {
  readonly localPort?: number | undefined;
  readonly error?: string;
}

/** Serves in a namespace until the namespace closes; resolves when it answers. */
export async function startServer(namespace: Namespace, ports: ServedPorts): Promise<void> {
  await nextReply(start(namespace, [JSON.stringify(ports)]));
}

export interface Client {
  /** Holds one conversation to its end; gives the client's port where there is one. */
  hold(conversation: Conversation): Promise<number | undefined>;
}

/** A process that holds conversations from a namespace, until the namespace closes. */
export async function startClient(namespace: Namespace): Promise<Client> {
  const child = start(namespace, []);
  await nextReply(child);
  return {
    hold: async (conversation) => {
      child.send(conversation);
      return (await nextReply(child)).localPort;
    },
  };
}

type Child = ReturnType<Namespace['spawn']>;

function start(namespace: Namespace, args: readonly string[]): Child {
  const script = fileURLToPath(new URL('conversation-child.ts', import.meta.url));
  return namespace.spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function nextReply(child: Child): Promise<ConversationReply> {
  const answered = new AbortController();
  const { signal } = answered;
  const exited = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the conversation's process ended by itself (exit code ${code})`);
  });
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal }), exited])) as [
      ConversationReply,
    ];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  } finally {
    answered.abort();
  }
}
