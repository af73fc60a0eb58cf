import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends a run with every skipped test and its reason, every failed one and its error, then `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    // A file that cannot be loaded, or a failing hook, fails no test of its own.
    const brokenSuites = modules.flatMap((module) =>
      [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())].map(
        (error) =>
          `failed: ${module.relativeModuleId}: a hook or the file itself: ${firstLine(error.message)}`,
      ),
    );
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    for (const test of tests) if (test.result().state === 'skipped') console.log(skipLine(test));
    for (const test of tests) if (test.result().state === 'failed') console.log(failLine(test));
    for (const line of brokenSuites) console.log(line);
    for (const error of unhandledErrors) console.log(`failed: outside of tests: ${firstLine(String(error))}`);
    const failed = count('failed') + brokenSuites.length + unhandledErrors.length;
    console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`);
  }
}

function skipLine(test: TestCase): string {
  const result = test.result();
  const reason = result.state === 'skipped' ? result.note : undefined;
  return `skipped: ${test.module.relativeModuleId}: ${test.fullName}: ${reason ?? 'no reason given'}`;
}

function failLine(test: TestCase): string {
  const message = test.result().errors?.[0]?.message ?? 'no error given';
  return `failed: ${test.module.relativeModuleId}: ${test.fullName}: ${firstLine(message)}`;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] as string).slice(0, 300);
}
