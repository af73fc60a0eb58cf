/** A bar, or several of them beside one another, with a label. */
export interface BarGroup {
  readonly label: string;
  /** In the order of the series. */
  readonly values: readonly number[];
}

export interface BarChart {
  readonly title: string;
  readonly series: readonly string[];
  readonly groups: readonly BarGroup[];
  /** How a value is written behind its bar. */
  readonly format: (value: number) => string;
}

const COLOURS = ['#1f6feb', '#d29922', '#2da44e', '#cf222e'];
const [WIDTH, LABEL_WIDTH, VALUE_WIDTH, BAR, GAP, TOP] = [760, 240, 110, 16, 12, 64];

/** @returns an SVG with horizontal bars from zero */
export function barChart({ title, series, groups, format }: BarChart): string {
  const most = Math.max(...groups.flatMap(({ values }) => values), Number.MIN_VALUE);
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
  const groupHeight = series.length * BAR + GAP;
  const height = TOP + groups.length * groupHeight;
  const text = (x: number, y: number, content: string, more = ''): string =>
    `<text x="${x}" y="${y}"${more}>${escaped(content)}</text>`;
  const legend = series.flatMap((name, index) => [
    `<rect x="${16 + index * 180}" y="36" width="12" height="12" fill="${COLOURS[index]}"/>`,
    text(34 + index * 180, 46, name),
  ]);
  const bars = groups.flatMap(({ label, values }, group) => {
    const top = TOP + group * groupHeight;
    const middle = top + (series.length * BAR) / 2 + 4;
    return [
      text(LABEL_WIDTH - 8, middle, label, ' text-anchor="end"'),
      ...values.flatMap((value, index) => {
        const y = top + index * BAR;
        const width = Math.max(0, value * scale);
        return [
          `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[index]}"/>`,
          text(Number((LABEL_WIDTH + width + 6).toFixed(1)), y + BAR - 4, format(value)),
        ];
      }),
    ];
  });
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">`;
  const name = `<title>${escaped(title)}</title>`;
  const background = '<rect width="100%" height="100%" fill="#ffffff"/>';
  const heading = text(16, 22, title, ' font-size="14" font-weight="bold"');
  return `${[open, name, background, heading, ...legend, ...bars, '</svg>'].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
