import type { Command } from 'commander';
import { Option } from 'commander';
import type { ConfigOf, ConfigTable, Setting } from '../runtime/config.ts';
import { loadConfig } from '../runtime/config.ts';

/** Adds a flag to the command for each setting of the table. */
export function addOptions(command: Command, table: ConfigTable): Command {
  for (const setting of Object.values(table)) command.addOption(toOption(setting));
  return command;
}

/**
 * The command's settings after commander has parsed its flags. Throws a FlowtapError CONFIG_INVALID that names
 * every flag and variable with a value that cannot be used.
 */
export function readOptions<Table extends ConfigTable>(
  command: Command,
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<Table> {
  const flags: Record<string, string | string[] | undefined> = {};
  for (const [name, setting] of Object.entries(table)) {
    const attribute = toOption(setting).attributeName();
    // commander itself gives --no-… flags a default, which must not hide the variable.
    if (command.getOptionValueSource(attribute) !== 'cli') continue;
    const value: unknown = command.getOptionValue(attribute);
    // A bare flag is the word for true.
    flags[name] = typeof value === 'boolean' ? String(value) : (value as string | string[]);
  }
  return loadConfig(table, { flags, env });
}

/** commander gets no default and no environment: the table's are used, so that one place decides. */
function toOption(setting: Setting): Option {
  const defaultText = setting.default === undefined ? '' : `default: ${setting.default}, `;
  return new Option(setting.flag, `${setting.doc} (${defaultText}env: ${setting.env})`);
}
