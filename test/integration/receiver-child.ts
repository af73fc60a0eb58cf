/** Receives deliveries in the network namespace it is started in: see remote-receiver.ts, which starts it. */
import { readFileSync } from 'node:fs';
import { FlowReceiver } from '../fixtures/flow-receiver.ts';
import type { ReceiverCommand, ReceiverNews, RemoteReceiverOptions } from './remote-receiver.ts';

const options = JSON.parse(process.argv[2]) as RemoteReceiverOptions;
const { host, port, tls } = options;
let token = options.token;
let status: number | undefined;
let retryAfter: number | undefined;

const tell = (news: ReceiverNews): void => void process.send?.(news);

const receiver = new FlowReceiver({
  ...{ host, port },
  ...(tls && { tls: { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) } }),
});

receiver.answer = ({ headers, batch }, response) => {
  const isKnown = token === undefined || headers.authorization === `Bearer ${token}`;
  const answered = isKnown ? (status ?? 200) : 401;
  response.statusCode = answered;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  tell({ kind: 'request', status: answered, batch });
};

async function obey(command: ReceiverCommand): Promise<void> {
  switch (command.kind) {
    case 'start':
      return await receiver.start();
    case 'stop':
      return await receiver.stop();
    case 'token':
      token = command.token;
      return;
    case 'answer':
      ({ status, retryAfter } = command);
      return;
  }
}

process.on('message', (command: ReceiverCommand) => void obey(command).then(() => tell({ kind: 'done' })));
process.on('disconnect', () => process.exit());
