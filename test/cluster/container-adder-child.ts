// The child of container-adder.ts: a webhook that adds a container once. Arguments: certificate, key. Says its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ADDED_CONTAINER } from './container-adder.ts';

const [certFile, keyFile] = process.argv.slice(2);
const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
server.on('request', async (request, response) => {
  const review = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const { uid, object } = review.request;
  const isThere = object.spec.containers.some(({ name }: { name: string }) => name === ADDED_CONTAINER.name);
  const patch = JSON.stringify([{ op: 'add', path: '/spec/containers/-', value: ADDED_CONTAINER }]);
  const change = { patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') };
  const { apiVersion, kind } = review;
  const answer = { apiVersion, kind, response: { uid, allowed: true, ...(!isThere && change) } };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
