import type * as z from 'zod/mini';
import { FlowtapError } from './errors.ts';

/** The environment variable of a setting. */
export type EnvironmentName = `FLOWTAP_${string}`;

/** One setting: a flag, an environment variable, how both are read, and what it is for. */
export interface Setting<Schema extends z.ZodMiniType = z.ZodMiniType> {
  /** As commander writes it: `--window <duration>`, `-n, --count <n>`, `--interface <name...>`, `--json`. */
  readonly flag: string;
  readonly env: EnvironmentName;
  /** Reads the text of the flag or the variable; its messages continue "must be …". See config-values.ts. */
  readonly parse: Schema;
  /** The default as the user would write it; without one the setting is undefined until somebody sets it. */
  readonly default?: string;
  /** One sentence for --help and docs/configuration.md. */
  readonly doc: string;
  /** Never repeated in an error message. */
  readonly secret?: true;
}

/** The settings of one command, by the names the code uses. */
export type ConfigTable = Readonly<Record<string, Setting>>;

/** The values of a table's settings. */
export type ConfigOf<Table extends ConfigTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly default: string }
    ? z.output<Table[Name]['parse']>
    : z.output<Table[Name]['parse']> | undefined;
};

/** What the user gave: texts of flags by the names of their settings, and the environment. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a command's settings: the flag, else the variable, else the default. An empty variable counts as not set.
 * The result is frozen. Throws a FlowtapError CONFIG_INVALID that names everything that cannot be used.
 */
export function loadConfig<Table extends ConfigTable>(table: Table, sources: ConfigSources): ConfigOf<Table> {
  const values: Record<string, unknown> = {};
  const complaints: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const text = sources.flags[name] ?? (sources.env[setting.env] || setting.default);
    if (text === undefined) {
      values[name] = undefined;
      continue;
    }
    const result = setting.parse.safeParse(text);
    if (result.success) values[name] = result.data;
    else complaints.push(complain(setting, text, result.error));
  }
  if (complaints.length > 0) throw new FlowtapError('CONFIG_INVALID', 'config', complaints.join('\n'));
  return Object.freeze(values) as ConfigOf<Table>;
}

function complain(setting: Setting, text: string | readonly string[], error: z.core.$ZodError): string {
  const given = setting.secret ? '' : `, not ${JSON.stringify(Array.isArray(text) ? text.join(',') : text)}`;
  const wanted = error.issues.map(({ message }) => message).join(' and ');
  return `${longFlag(setting)} (${setting.env}) must be ${wanted}${given}.`;
}

/** `--window` of `-w, --window <duration>`. */
export function longFlag({ flag }: Setting): string {
  return /--[\w-]+/.exec(flag)?.[0] ?? flag;
}
