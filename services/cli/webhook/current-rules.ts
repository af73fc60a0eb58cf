import { readFileSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { InjectionRules } from '../../webhook/inject-probe.ts';
import type { InjectionConfig } from '../commands/injection-settings.ts';
import type { RulesContext } from './injection-rules.ts';
import { injectionRules } from './injection-rules.ts';
import { readProbeSettings } from './probe-settings-file.ts';

export interface CurrentRulesOptions {
  readonly config: InjectionConfig;
  readonly context: Pick<RulesContext, 'trigger' | 'sidecar' | 'ownNamespace'>;
  /** The authorities that probes trust, where no file says so. */
  readonly bundlePem: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What files say of probes. */
interface ProbeFiles {
  readonly settings: Readonly<Record<string, string>>;
  readonly caPem: string | undefined;
}

/** What probes get and who gets one, as files and certificates have it now. */
export class CurrentRules {
  readonly #options: CurrentRulesOptions;
  #files: ProbeFiles;
  #rules: InjectionRules;

  /** Throws a FlowtapError CONFIG_INVALID where settings or files cannot be used. */
  constructor(options: CurrentRulesOptions) {
    this.#options = options;
    this.#files = readFiles(options.config);
    this.#rules = this.#make();
  }

  get rules(): InjectionRules {
    return this.#rules;
  }

  /** Takes up new authorities. Files are as they were when they could last be used. */
  update(): void {
    this.#rules = this.#make();
  }

  /** Takes up changed files until the signal is aborted; those that cannot be used leave the old rules in force. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, clock, log } = this.#options;
    const paths = [config.probeSettingsFile, config.probeCaFile].filter((path) => path !== undefined);
    if (paths.length === 0) return;
    await watchFiles({
      ...{ paths, clock, signal },
      onChange: () => {
        this.#files = readFiles(config);
        this.update();
        log.info({ 'file.path': paths }, 'settings of probes read again');
      },
      onError: (error) => log.warn({ error }, 'settings of probes not read; the former ones stay in use'),
    });
  }

  #make(): InjectionRules {
    const { config, context, bundlePem } = this.#options;
    const { settings: probeSettings, caPem = bundlePem() } = this.#files;
    return injectionRules(config, { ...context, probeSettings, caPem });
  }
}

function readFiles({ probeSettingsFile, probeCaFile }: InjectionConfig): ProbeFiles {
  return {
    settings: probeSettingsFile === undefined ? {} : readProbeSettings(probeSettingsFile),
    caPem: probeCaFile === undefined ? undefined : readFileSync(probeCaFile, 'utf8'),
  };
}
