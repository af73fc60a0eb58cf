import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environmentOfOwned } from '../servers/keeper.ts';
import { FLOWTAP_MAIN } from './flowtap-process.ts';

/** Why there is no terminal here, in a sentence. */
export function terminalUnavailable(): string | undefined {
  return process.platform === 'linux'
    ? undefined
    : "the command script of another system has other flags than Linux'";
}

/**
 * What a terminal of so many columns gets from flowtap, stderr too, in which Ctrl-C is pressed after `seconds`. Lines end
 * as a terminal has them end. Words of the shell are to be quoted.
 */
export async function inTerminal(
  args: string,
  columns: number,
  seconds: number,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const command = `stty cols ${columns} rows 12; timeout -s INT ${seconds} '${process.execPath}' '${FLOWTAP_MAIN}' ${args}`;
  const terminal = { ...environmentOfOwned(), TERM: 'xterm', NO_COLOR: undefined, CI: undefined, ...env };
  const { stdout } = await promisify(execFile)('script', ['-qefc', command, '/dev/null'], {
    env: terminal,
  }).catch(
    // What timeout says is not what the program says.
    (error: { readonly stdout: string; readonly code: number }) => {
      if (error.code !== 124) throw error;
      return error;
    },
  );
  return stdout;
}
