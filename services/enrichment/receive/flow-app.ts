import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { Logger } from '../../runtime/logger.ts';
import type { FlowReceiver } from './flow-receiver.ts';
import { refusalReply } from './flow-receiver.ts';
import type { FlowReply } from './flow-request.ts';
import { SenderGone } from './read-body.ts';

export const FLOWS_PATH = '/v1/flows';

/** What is left of a refused body is read for so long and so far, so that the sender sees the answer. */
const LINGER_MS = 2000;
const LINGER_BYTES = 4 * 2 ** 20;

export interface FlowAppOptions {
  readonly receiver: FlowReceiver;
  readonly log: Logger;
  /** Connections end with the next answer. */
  readonly closing: AbortSignal;
  /** Nothing waits for the index any more. */
  readonly givingUp: AbortSignal;
}

/** `POST /v1/flows` for a server of Node.js. Everything else is refused. */
export function createFlowApp({ receiver, log, closing, givingUp }: FlowAppOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.post(FLOWS_PATH, async (request, response) => {
    try {
      const { headers, socket } = request;
      const begin = (): void => {
        if (headers.expect !== undefined) response.writeContinue();
      };
      const flows = {
        headers,
        body: request,
        certificateName: certificateName(socket),
        peerIp: socket.remoteAddress,
        begin,
      };
      send(await receiver.receive(flows, givingUp), request, response, closing);
    } catch (error) {
      if (!(error instanceof SenderGone)) throw error;
      request.destroy();
    }
  });
  app.all(FLOWS_PATH, (request, response) => {
    const reply = refusalReply('method_not_allowed', `${request.method} is not POST.`, { allow: 'POST' });
    send(reply, request, response, closing);
  });
  app.use((request: Request, response: Response) => {
    send(refusalReply('not_found', `Flows go to ${FLOWS_PATH}.`), request, response, closing);
  });
  app.use((error: Error, request: Request, response: Response, _next: NextFunction) => {
    log.error({ error }, 'a request could not be handled');
    send(refusalReply('internal', 'The request could not be handled.'), request, response, closing);
  });
  return app;
}

function certificateName(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: string | readonly string[] | undefined = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : name?.[0];
}

function send(
  reply: FlowReply,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): void {
  if (response.destroyed || response.headersSent) return;
  const body = Buffer.from(`${JSON.stringify(reply.body)}\n`);
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-type': 'application/json',
    'content-length': body.length,
    ...(closing.aborted && { connection: 'close' }),
  });
  response.end(body);
  if (!request.complete) linger(request);
}

/** A connection closed while the sender still writes takes the answer with it; one that never ends must not stay. */
function linger(request: IncomingMessage): void {
  let bytes = 0;
  const end = (): void => void request.destroy();
  const timer = setTimeout(end, LINGER_MS);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) end();
  });
  request.on('error', () => undefined).once('close', () => clearTimeout(timer));
  request.resume();
}
