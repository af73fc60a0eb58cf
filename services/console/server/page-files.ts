import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file that the browser loads. */
export interface PageFile {
  readonly type: string;
  readonly read: () => string | Promise<string>;
}

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const ICON = 'image/svg+xml; charset=utf-8';

/** Where the page is: its sources, or in the bundle's folder what `npm run build` made of them. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const FOLDER = new URL(IS_SOURCE ? '../page/' : './console/', import.meta.url);

/** The files of the page by their paths. All that the page consists of is here; no path leads into a folder. */
export const PAGE_FILES: ReadonlyMap<string, PageFile> = new Map([
  ['/', { type: HTML, read: () => text('index.html') }],
  ['/console.css', { type: STYLE, read: () => text('console.css') }],
  ['/icon.svg', { type: ICON, read: () => text('icon.svg') }],
  ['/main.js', { type: SCRIPT, read: () => (IS_SOURCE ? bundle() : text('main.js')) }],
]);

function text(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** As the build does it, but from the sources as they are now. */
async function bundle(): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', FOLDER))],
    bundle: true,
    format: 'esm',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
