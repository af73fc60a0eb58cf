import { FlowtapError } from './errors.ts';

/** An error as log fields, with ECS names below `error`. */
export interface LoggedError {
  readonly message: string;
  readonly type?: string;
  readonly code?: string;
  readonly stage?: string;
  readonly stack_trace?: string;
  readonly cause?: LoggedError;
}

/** A chain of causes this long is a mistake, or a circle. */
const MAX_CAUSES = 5;

/** What a log line says of whatever was thrown, with its causes. Our own errors need no stack: their code says where. */
export function describeError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  const code = 'code' in thrown ? String(thrown.code) : undefined;
  return {
    type: name,
    message,
    ...(code !== undefined && { code }),
    ...(thrown instanceof FlowtapError
      ? { stage: thrown.stage }
      : stack !== undefined && { stack_trace: stack }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: describeError(cause, depth + 1) }),
  };
}
