import { readFileSync } from 'node:fs';
import { FlowtapError } from '../../runtime/errors.ts';
import { faultOfProbeVariable } from './probe-setting-catalogue.ts';

/**
 * The variables of a file of lines `NAME=value`; empty lines and those with # are left out. Throws a FlowtapError
 * CONFIG_INVALID that names the line.
 */
export function readProbeSettings(path: string): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const [index, line] of readLines(path).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const at = trimmed.indexOf('=');
    const name = trimmed.slice(0, Math.max(at, 0)).trim();
    const value = trimmed.slice(at + 1).trim();
    const fault = at < 0 ? 'a line must be NAME=value' : faultOfProbeVariable(name, value);
    if (fault !== undefined) throw invalid(`${path}, line ${index + 1}: ${fault}.`);
    settings[name] = value;
  }
  return settings;
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (cause) {
    throw invalid(
      `--probe-settings-file (FLOWTAP_PROBE_SETTINGS_FILE) cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
}

function invalid(message: string, cause?: unknown): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
}
