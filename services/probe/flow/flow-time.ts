import * as flow from './flow-row.ts';

/** Takes the time of one more packet into a flow that is active; packets need not come in the order of their times. */
export function extendTime(words: Int32Array, at: number, seconds: number, nanoseconds: number): void {
  const lastSeconds = words[at + flow.LAST_SECONDS] >>> 0;
  const now = seconds >>> 0;
  if (now > lastSeconds || (now === lastSeconds && nanoseconds > words[at + flow.LAST_NANOSECONDS])) {
    words[at + flow.LAST_SECONDS] = seconds;
    words[at + flow.LAST_NANOSECONDS] = nanoseconds;
    return;
  }
  const firstSeconds = words[at + flow.FIRST_SECONDS] >>> 0;
  if (now < firstSeconds || (now === firstSeconds && nanoseconds < words[at + flow.FIRST_NANOSECONDS])) {
    const isFlowStart =
      firstSeconds === words[at + flow.FLOW_SECONDS] >>> 0 &&
      words[at + flow.FIRST_NANOSECONDS] === words[at + flow.FLOW_NANOSECONDS];
    words[at + flow.FIRST_SECONDS] = seconds;
    words[at + flow.FIRST_NANOSECONDS] = nanoseconds;
    if (!isFlowStart) return;
    words[at + flow.FLOW_SECONDS] = seconds;
    words[at + flow.FLOW_NANOSECONDS] = nanoseconds;
  }
}
