import type { Terminal } from '../../runtime/terminal.ts';
import { printable } from '../../runtime/terminal.ts';
import type { SetupResult } from './set-up-elasticsearch.ts';
import type { SetupStep } from './setup-step.ts';
import { isChange, KIND_WORDS } from './setup-step.ts';

const KIND_WIDTH = 20;

/** What was done, a line an object, for people. */
export function setupText(
  { server, steps }: SetupResult,
  isDryRun: boolean,
  terminal: Pick<Terminal, 'paint'>,
): string {
  const widest = Math.max(...steps.map(({ name }) => name.length), 0);
  const lines = steps.map(({ kind, name, outcome, detail }) => {
    const words = paintOutcome(outcome, isDryRun, terminal);
    const row = `  ${KIND_WORDS[kind].padEnd(KIND_WIDTH)}${name.padEnd(widest)}  ${words}`;
    return detail === undefined ? row : `${row}: ${printable(detail)}`;
  });
  return [`Elasticsearch ${server.version}`, ...lines, summary(steps, isDryRun), ''].join('\n');
}

/** For programs. */
export function setupJson({ server, steps }: SetupResult, isDryRun: boolean): string {
  const result = { elasticsearch: { version: server.version }, dry_run: isDryRun, objects: steps };
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

function paintOutcome(
  outcome: SetupStep['outcome'],
  isDryRun: boolean,
  terminal: Pick<Terminal, 'paint'>,
): string {
  const words = outcome.replaceAll('_', ' ');
  if (outcome === 'failed') return terminal.paint('red', words);
  if (outcome === 'skipped' || outcome === 'newer') return terminal.paint('yellow', words);
  if (!isChange({ outcome } as SetupStep)) return terminal.paint('dim', words);
  return terminal.paint('green', isDryRun ? `would be ${words}` : words);
}

function summary(steps: readonly SetupStep[], isDryRun: boolean): string {
  const changes = steps.filter(isChange).length;
  const failures = steps.filter(({ outcome }) => outcome === 'failed').length;
  const failed = failures === 0 ? '' : `, ${failures} failed`;
  if (changes === 0) return `Nothing ${isDryRun ? 'to change' : 'changed'}${failed}.`;
  return `${changes} ${isDryRun ? 'to change' : 'changed'}${failed}.`;
}
