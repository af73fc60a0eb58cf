import type { Rectangle } from './layout.ts';

const MIN_WIDTH = 1;
/** Many lines have to be thinner than few. */
const WIDEST = { few: 8, many: 2.5, together: 120 } as const;
/** A line of so many times ten less is as thin as any. */
const DECADES = 5;

/** How far a line stays away from nodes that are not its own. */
const DISTANCE = 9;

/** The line of a link between two nodes: out at the side that faces the other, in curves, around nodes in between. */
export function linkPath(from: Rectangle, to: Rectangle, all: readonly Rectangle[]): string {
  const [y1, y2] = [from, to].map(({ y, height }) => y + height / 2);
  if (from === to) return loop(from);
  if (to.x >= from.x + from.width) return around(from.x + from.width, y1, to.x, y2, all);
  if (to.x + to.width <= from.x) return around(from.x, y1 + 6, to.x + to.width, y2 + 6, all);
  // In one column: a bow at its right.
  const [x1, x2] = [from.x + from.width, to.x + to.width];
  const bow = 24 + Math.abs(y2 - y1) / 8;
  return `M${r(x1)} ${r(y1)} C${r(x1 + bow)} ${r(y1)} ${r(x2 + bow)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

/** Widths on a logarithmic scale: a thousand times as much is plainly more, and the least can still be seen. */
export function widthScale(values: readonly number[]): (value: number) => number {
  const most = Math.max(1, ...values);
  const widest = Math.min(WIDEST.few, Math.max(WIDEST.many, WIDEST.together / values.length));
  return (value) => {
    const share = 1 - Math.log10(most / Math.max(1, value)) / DECADES;
    return MIN_WIDTH + Math.max(0, share) * (widest - MIN_WIDTH);
  };
}

/** A curve, or where nodes are in its way two curves with a straight line above or below those between them. */
function around(x1: number, y1: number, x2: number, y2: number, all: readonly Rectangle[]): string {
  const [left, right] = [Math.min(x1, x2), Math.max(x1, x2)];
  const between = all.filter(({ x, width }) => x > left && x + width < right);
  const isInTheWay = ({ x, y, width, height }: Rectangle): boolean =>
    [x, x + width / 2, x + width].some((at) => {
      const share = smooth((at - x1) / (x2 - x1));
      const lineY = y1 + (y2 - y1) * share;
      return lineY > y - DISTANCE && lineY < y + height + DISTANCE;
    });
  if (!between.some(isInTheWay)) return `M${r(x1)} ${r(y1)} ${curveTo(x1, y1, x2, y2)}`;
  const first = Math.min(...between.map(({ x }) => x)) - DISTANCE;
  const last = Math.max(...between.map(({ x, width }) => x + width)) + DISTANCE;
  const [from, to] = x1 < x2 ? [first, last] : [last, first];
  const lane = freeLane((y1 + y2) / 2, between);
  return `M${r(x1)} ${r(y1)} ${curveTo(x1, y1, from, lane)} L${r(to)} ${r(lane)} ${curveTo(to, lane, x2, y2)}`;
}

/** The height nearest to the wanted one at which a straight line meets none of the rectangles. */
function freeLane(wanted: number, rectangles: readonly Rectangle[]): number {
  const isFree = (lane: number): boolean =>
    rectangles.every(({ y, height }) => lane <= y - DISTANCE || lane >= y + height + DISTANCE);
  const lanes = rectangles.flatMap(({ y, height }) => [y - DISTANCE, y + height + DISTANCE]).filter(isFree);
  return [wanted, ...lanes]
    .filter(isFree)
    .reduce((best, lane) => (Math.abs(lane - wanted) < Math.abs(best - wanted) ? lane : best), lanes[0]);
}

function curveTo(x1: number, y1: number, x2: number, y2: number): string {
  const middle = (x1 + x2) / 2;
  return `C${r(middle)} ${r(y1)} ${r(middle)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

/** How far the curve has come down at a share of its way. */
function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

function loop({ x, y, width }: Rectangle): string {
  const right = x + width;
  return `M${r(right - 40)} ${r(y)} C${r(right - 44)} ${r(y - 22)} ${r(right + 4)} ${r(y - 22)} ${r(right - 12)} ${r(y)}`;
}

function r(value: number): number {
  return Math.round(value * 10) / 10;
}
