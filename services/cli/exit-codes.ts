/** Exit codes of `flowtap`; README.md lists them. */
export const EXIT_SUCCESS = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
/** Some input was damaged or could not be read; what could be read was. */
export const EXIT_DAMAGED_INPUT = 3;
/** A signal ended a replay or a query before its end: 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;
