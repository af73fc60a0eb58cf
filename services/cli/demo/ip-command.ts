import { execFileSync } from 'node:child_process';

/** Runs iproute2's `ip` to its end and gives its output. Throws an Error that says what was refused. */
export type IpCommand = (...args: readonly string[]) => string;

/** The `ip` that the environment's PATH leads to. */
export function ipCommand(environment: Readonly<Record<string, string | undefined>>): IpCommand {
  return (...args) => {
    try {
      return execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe', env: environment });
    } catch (cause) {
      throw new Error(refusal(args, cause as NodeJS.ErrnoException & { stderr?: string }), { cause });
    }
  };
}

function refusal(
  args: readonly string[],
  error: NodeJS.ErrnoException & { readonly stderr?: string },
): string {
  if (error.code === 'ENOENT') return 'the command ip (package iproute2) is not installed';
  const lastLine = error.stderr?.trim().split('\n').at(-1);
  return `ip ${args.join(' ')}: ${lastLine || error.message}`;
}
