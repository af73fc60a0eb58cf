import type { MetricTable } from '../runtime/metrics.ts';

export const CONSOLE_METRICS = {
  questions: {
    kind: 'counter',
    name: 'flowtap_console_questions_total',
    help: 'Questions of pages by what was asked and what became of it: answered, gone (nobody waited any more), or the code of the error.',
    labels: ['view', 'outcome'],
  },
  questionSeconds: {
    kind: 'histogram',
    name: 'flowtap_console_question_seconds',
    help: 'Time until a question was answered.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies MetricTable;
