import { writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { INJECTION_SETTINGS } from '../../../services/cli/commands/injection-settings.ts';
import { CurrentRules } from '../../../services/cli/webhook/current-rules.ts';
import { loadConfig } from '../../../services/runtime/config.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

function rulesOf(flags: Readonly<Record<string, string>>, bundlePem: () => string | undefined): CurrentRules {
  const given = { probeOutput: 'https://e/v1/flows', probeImage: 'probe:1', ...flags };
  return new CurrentRules({
    config: loadConfig(INJECTION_SETTINGS, { flags: given, env: {} }),
    context: { trigger: 'annotation', sidecar: 'native', ownNamespace: 'flowtap' },
    ...{ bundlePem, clock: new ManualClock(), log: quietLogger() },
  });
}

it('new authorities reach probes, also when the settings file can no longer be used', () => {
  const probeSettingsFile = folder.newPath();
  writeFileSync(probeSettingsFile, '# all probes\nFLOWTAP_WINDOW=30s\n');
  let bundle = 'first';
  const current = rulesOf({ probeSettingsFile }, () => bundle);
  expect(current.rules.profile.settings).toMatchObject({ FLOWTAP_CA: 'first', FLOWTAP_WINDOW: '30s' });
  writeFileSync(probeSettingsFile, 'FLOWTAP_WINDOW=often\n');
  bundle = 'second';
  current.update();
  expect(current.rules.profile.settings).toMatchObject({ FLOWTAP_CA: 'second', FLOWTAP_WINDOW: '30s' });
});

it.each([
  ['FLOWTAP_WINDOW=often', /line 1: FLOWTAP_WINDOW must be a duration .*"often"/],
  ['\nFLOWTAP_POD_UID=1', /line 2: FLOWTAP_POD_UID is set for each pod anew/],
  ['FLOWTAP_FILTER=tcp', /FLOWTAP_FILTER needs libpcap/],
  ['FLOWTAP_WINDOWS=1s', /FLOWTAP_WINDOWS is not a setting of the probe/],
  ['window', /a line must be NAME=value/],
])('a settings file of %j is refused at the start', (text, message) => {
  const probeSettingsFile = folder.newPath();
  writeFileSync(probeSettingsFile, text);
  expect(() => rulesOf({ probeSettingsFile }, () => undefined)).toThrow(message);
});

it.each([
  [{ probeMemoryRequest: '256Mi' }, /memory request \(256Mi\) is above its limit \(128Mi\)/],
  [{ probeCpuLimit: '10m' }, /cpu request \(25m\) is above its limit \(10m\)/],
])('%j, with which the API server would refuse every pod, is refused at the start', (flags, message) => {
  expect(() => rulesOf(flags, () => undefined)).toThrow(message);
});

it('pods cannot ask for themselves where the API server asks about labelled namespaces only', () => {
  const config = loadConfig(INJECTION_SETTINGS, {
    flags: { probeOutput: 'https://e/v1/flows', probeImage: 'probe:1', allowPodOptIn: 'true' },
    env: {},
  });
  const make = (): CurrentRules =>
    new CurrentRules({
      config,
      context: { trigger: 'label', sidecar: 'native', ownNamespace: 'flowtap' },
      ...{ bundlePem: () => undefined, clock: new ManualClock(), log: quietLogger() },
    });
  expect(make).toThrow(/--allow-pod-opt-in .* goes with --trigger annotation only/);
});
