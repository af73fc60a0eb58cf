import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Namespace } from '../integration/namespaces.ts';
import { TestNetwork } from '../integration/namespaces.ts';
import type { BuiltImage } from './built-image.ts';
import { BUILD_TIMEOUT_MS, buildImage, imagesUnavailable } from './built-image.ts';
import { runContainer, written } from './container.ts';

const unavailable = imagesUnavailable();

let image: BuiltImage;
let network: TestNetwork;
let pod: Namespace;

beforeAll(async () => {
  if (unavailable === undefined) image = await buildImage('webhook');
}, BUILD_TIMEOUT_MS);

beforeEach((ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
  network = new TestNetwork();
  pod = network.addNamespace('pod');
});

afterEach(() => network?.close());

test.each(['kubeagent', 'enrichment', 'setup'])('it has the command %s', async (command) => {
  const { exitCode, stdout } = await runContainer(image, pod, { args: [command, '--help'] }).ended();
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^Usage: flowtap ${command} `))]);
});

test('it has what commands read', async () => {
  const { stdout } = await runContainer(image, pod, {
    args: ['setup', 'elasticsearch', '--print-roles'],
  }).ended();
  expect(JSON.parse(stdout)).toHaveProperty('flowtap-writer');
  expect(existsSync(join(image.root, 'app/sql'))).toBe(true);
});

test('it says which image has what it has not', async () => {
  const { exitCode, stderr } = await runContainer(image, pod, { args: ['probe'] }).ended();
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('does not hold `flowtap probe`')]);
});

test('enrichment is well as its user, without capabilities and with a read-only root', async () => {
  const args = ['enrichment', '--allow-anonymous', '--elasticsearch', 'http://127.0.0.1:1'];
  const enrichment = runContainer(image, pod, { args: [...args, '--admin-listen', '127.0.0.1:9090'] });
  await written(enrichment, '"message":"taking flows"');
  const request = 'fetch("http://127.0.0.1:9090/healthz").then(({ status }) => console.log(status))';
  expect(pod.run(process.execPath, '-e', request)).toBe('200\n');
  expect(enrichment.privileges()).toMatchObject({ userId: 65_532, permitted: 0n, bounding: 0n });
  expect((await enrichment.stop()).exitCode).toBe(0);
});
