import { afterAll, describe, expect, test } from 'vitest';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { runFlowtap } from '../../support/flowtap-process.ts';
import { injectText } from './inject-text.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

const PROBE = [
  ...['--probe-image', 'example.org/flowtap-probe:1'],
  ...['--probe-output', 'https://flowtap-enrichment.flowtap.svc:8443/v1/flows'],
];
const POD =
  'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  containers:\n  - name: web\n    image: web\n';
const NAMESPACE =
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations: {flowtap.dev/capture: disabled}';
const file = (text: string): string => folder.fileOf(Buffer.from(text));

test('manifests go to standard output, what was decided to standard error', async () => {
  const run = await runFlowtap(['inject', ...PROBE, '-f', '-'], { input: Buffer.from(POD) });
  expect(run).toEqual({
    ...{ exitCode: 0, signal: null, stderr: 'pod/web in shop: injected\n' },
    stdout: injectText(POD, rulesOfFlags()).text,
  });
});

test('the settings file and the authority of the webhook are those of inject, too', async () => {
  const settings = file('FLOWTAP_WINDOW=30s\n');
  const authority = file('BEGIN\nMII\nEND\n');
  const files = ['--probe-settings-file', settings, '--probe-ca-file', authority];
  const { stdout } = await runFlowtap(['inject', ...PROBE, ...files, '-f', file(POD)]);
  const rules = rulesOfFlags({}, { caPem: 'BEGIN\nMII\nEND\n', probeSettings: { FLOWTAP_WINDOW: '30s' } });
  expect(stdout).toBe(injectText(POD, rules).text);
});

test('several files become one stream, and a namespace of one counts for all', async () => {
  const run = await runFlowtap([
    'inject',
    ...PROBE,
    '-f',
    file(NAMESPACE),
    file(`---\n${POD}`),
    '-f',
    file(POD),
  ]);
  const line = 'pod/web in shop: disabled_by_namespace: The namespace has flowtap.dev/capture: disabled.\n';
  expect(run).toMatchObject({
    ...{ exitCode: 0, stderr: line + line },
    stdout: `${NAMESPACE}\n---\n${POD}---\n${POD}`,
  });
});

test('--uninject needs no settings of the probe', async () => {
  const { text } = injectText(POD, rulesOfFlags());
  const run = await runFlowtap(['inject', '--uninject', '-f', file(text)]);
  expect(run).toMatchObject({ exitCode: 0, stdout: POD, stderr: 'pod/web in shop: removed\n' });
});

describe('what cannot be done', () => {
  const broken = `${POD}---\nkind: Pod\n  spec: [\n`;
  const notAPod = `# first\n---\n${POD.replace('- name: web', '- title: web')}`;
  test.each([
    {
      name: 'no file',
      args: PROBE,
      exitCode: 2,
      says: /--filename \(FLOWTAP_FILENAME\) must name the manifests/,
    },
    { name: 'no image', args: ['-f', file(POD)], exitCode: 2, says: /--probe-output/ },
    {
      name: 'a file that is not there',
      args: [...PROBE, '-f', '/nowhere'],
      exitCode: 1,
      says: /\/nowhere cannot be read/,
    },
    { name: 'no YAML', args: [...PROBE, '-f', file(broken)], exitCode: 1, says: /document 2, line 1[12]: / },
    {
      name: 'no pod',
      args: [...PROBE, '-f', file(notAPod)],
      exitCode: 1,
      says: /document 1, line 3: Pod web: spec\.containers\.0\.name: Invalid input/,
    },
    {
      name: 'an alias to nothing',
      args: [...PROBE, '-f', file('a: *b\n')],
      exitCode: 1,
      says: /document 1, line 1: .*alias.* b/i,
    },
    {
      name: 'JSON that is cut',
      args: [...PROBE, '-f', file('{"kind": "Pod",\n"spec": {')],
      exitCode: 1,
      says: /document 1, line 2: /,
    },
  ])('$name', async ({ args, exitCode, says }) => {
    const run = await runFlowtap(['inject', ...args]);
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toMatch(says);
  });
});
