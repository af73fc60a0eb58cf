/**
 * Every code a FlowtapError can carry, with what it means to the user. A code is never reused for something
 * else. docs/errors.md lists exactly these; test/runtime/errors.test.ts compares both.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: 'An option or environment variable has a value that cannot be used.',
  CAPTURE_UNSUPPORTED: 'This kind of capture does not exist on this system.',
  NET_RAW_MISSING: 'The process lacks the capability NET_RAW, without which nothing can be captured.',
  SYSTEM_CALL_FAILED: 'The kernel refused a call that capturing needs.',
  LIBPCAP_MISSING: 'libpcap, which --filter needs, is not on this machine.',
  LIBPCAP_FAILED: 'libpcap could not capture on an interface.',
  FILTER_INVALID: 'The --filter expression is not one that libpcap understands.',
  CAP_UNAVAILABLE: 'The optional package cap, which --capture-with libpcap needs, is not installed.',
  OUTPUT_FAILED: 'Records could not be written where --output says.',
  FORCED_STOP: 'A second signal came while the program was closing; what was still open was abandoned.',
  CLOSE_FAILED: 'Something could not be closed cleanly while the program was stopping.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * An error that reaches the user. `code` is stable and greppable, `stage` names the step of the pipeline that
 * failed (`config`, `capture`, `ship`, …), `message` says what was wrong and what to do, `cause` is what was caught.
 */
export class FlowtapError extends Error {
  readonly code: ErrorCode;
  readonly stage: string;

  constructor(code: ErrorCode, stage: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'FlowtapError';
    this.code = code;
    this.stage = stage;
  }
}
