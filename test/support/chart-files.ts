import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CHART = new URL('../../charts/flowtap/', import.meta.url);

/** The path of a file of the chart, or of its folder. */
export function chartPath(file = ''): string {
  return fileURLToPath(new URL(file, CHART));
}

export function readChartFile(file: string): string {
  return readFileSync(chartPath(file), 'utf8');
}
