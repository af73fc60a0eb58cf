import { installedProgram } from './installed-program.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** A browser that can be driven without a screen. */
export function chromiumProgram(): string | undefined {
  return NAMES.map((name) => installedProgram(name)).find((path) => path !== undefined);
}

/** Why there is none here, in a sentence; undefined where there is. */
export function chromiumUnavailable(): string | undefined {
  return chromiumProgram() === undefined
    ? 'a browser is missing on this machine (Debian package chromium)'
    : undefined;
}
