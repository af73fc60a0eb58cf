import { readFileSync } from 'node:fs';
import { text as readStream } from 'node:stream/consumers';
import { DescriptorOutput } from '../../probe/transport/descriptor-output.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { flag, list, oneOf, text } from '../../runtime/config-values.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { printable } from '../../runtime/terminal.ts';
import type { InjectionRules } from '../../webhook/inject-probe.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import {
  injectManifests,
  joinManifests,
  treatmentLines,
  uninjectManifests,
} from '../inject/inject-manifests.ts';
import type { Manifests } from '../inject/treat-manifests.ts';
import { readManifests } from '../inject/treat-manifests.ts';
import { injectionRules } from '../webhook/injection-rules.ts';
import { readProbeSettings } from '../webhook/probe-settings-file.ts';
import { INJECTION_SETTINGS } from './injection-settings.ts';
import { WEBHOOK_SETTINGS } from './webhook-settings.ts';

const { allowPodOptIn: _allowPodOptIn, ...PROBE_OF_WORKLOADS } = INJECTION_SETTINGS;

export const INJECT_SETTINGS = {
  files: {
    flag: '-f, --filename <files...>',
    env: 'FLOWTAP_FILENAME',
    parse: list(text()),
    doc: 'manifests in YAML or JSON; - is standard input',
  },
  uninject: {
    flag: '--uninject',
    env: 'FLOWTAP_UNINJECT',
    parse: flag(),
    default: 'false',
    doc: 'take out what was put in',
  },
  sidecar: {
    ...WEBHOOK_SETTINGS.sidecar,
    parse: oneOf('native', 'plain'),
    default: 'native',
    doc: 'native (an init container that runs on, Kubernetes 1.29 or newer) or plain (one more container, not for Jobs)',
  },
  ...PROBE_OF_WORKLOADS,
} as const;

export type InjectConfig = ConfigOf<typeof INJECT_SETTINGS>;

/** `flowtap inject`: manifests with the probe on standard output, what was decided on standard error. */
export async function runInjectCommand(config: InjectConfig, context: CommandContext): Promise<number> {
  if (config.files === undefined) {
    const message = '-f, --filename (FLOWTAP_FILENAME) must name the manifests; - is standard input.';
    throw new FlowtapError('CONFIG_INVALID', 'config', message);
  }
  const rules = config.uninject ? undefined : rulesOf(config);
  const inputs: Manifests[] = [];
  for (const path of config.files) inputs.push(readManifests(await readInput(path, context), path));
  const outputs = rules === undefined ? uninjectManifests(inputs) : injectManifests(inputs, rules);
  for (const [index, output] of outputs.entries()) {
    for (const line of treatmentLines(inputs[index], output)) context.terminal.line(printable(line));
  }
  const bytes = Buffer.from(joinManifests(outputs.map(({ text: manifests }) => manifests)));
  new DescriptorOutput(context.outputDescriptor).write(bytes, bytes.length);
  return EXIT_SUCCESS;
}

function rulesOf(config: InjectConfig): InjectionRules {
  const { sidecar, probeSettingsFile, probeCaFile } = config;
  return injectionRules(
    { ...config, allowPodOptIn: false },
    {
      ...{ trigger: 'annotation', sidecar, ownNamespace: undefined },
      probeSettings: probeSettingsFile === undefined ? {} : readProbeSettings(probeSettingsFile),
      caPem: probeCaFile === undefined ? undefined : readCertificates(probeCaFile),
    },
  );
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `--probe-ca-file (FLOWTAP_PROBE_CA_FILE) cannot be read: ${(cause as Error).message}.`;
    throw new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
  }
}

async function readInput(path: string, { standardInput }: CommandContext): Promise<string> {
  if (path === '-') return await readStream(standardInput);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `${path} cannot be read: ${(cause as Error).message}.`;
    throw new FlowtapError('MANIFEST_INVALID', 'inject', message, { cause });
  }
}
