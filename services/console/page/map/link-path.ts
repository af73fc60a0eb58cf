import type { Rectangle } from './layout.ts';

const MIN_WIDTH = 1;
const MAX_WIDTH = 8;

/** The line of a link between two nodes: out at the side that faces the other, in curves. */
export function linkPath(from: Rectangle, to: Rectangle): string {
  const [y1, y2] = [from, to].map(({ y, height }) => y + height / 2);
  if (from === to) return loop(from);
  if (to.x >= from.x + from.width) return curve(from.x + from.width, y1, to.x, y2);
  if (to.x + to.width <= from.x) return curve(from.x, y1 + 6, to.x + to.width, y2 + 6);
  // In one column: a bow at its right.
  const [x1, x2] = [from.x + from.width, to.x + to.width];
  const bow = 24 + Math.abs(y2 - y1) / 8;
  return `M${r(x1)} ${r(y1)} C${r(x1 + bow)} ${r(y1)} ${r(x2 + bow)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

/** Widths on a logarithmic scale: a thousand times as much is plainly more, and the least can still be seen. */
export function widthScale(values: readonly number[]): (value: number) => number {
  const logs = values.map((value) => Math.log1p(Math.max(0, value)));
  const least = Math.min(...logs);
  const range = Math.max(...logs) - least || 1;
  return (value) => MIN_WIDTH + ((Math.log1p(Math.max(0, value)) - least) / range) * (MAX_WIDTH - MIN_WIDTH);
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const middle = (x1 + x2) / 2;
  return `M${r(x1)} ${r(y1)} C${r(middle)} ${r(y1)} ${r(middle)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

function loop({ x, y, width }: Rectangle): string {
  const right = x + width;
  return `M${r(right - 40)} ${r(y)} C${r(right - 44)} ${r(y - 26)} ${r(right + 4)} ${r(y - 26)} ${r(right - 12)} ${r(y)}`;
}

function r(value: number): number {
  return Math.round(value * 10) / 10;
}
