import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumProgram } from '../../servers/chromium.ts';
import { makeRunFolder } from '../../servers/run-folder.ts';
import { ServerProcess } from '../../servers/server-process.ts';
import { BrowserPage } from './browser-page.ts';
import { Devtools } from './devtools.ts';

const READY_MS = 60_000;

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--hide-scrollbars'],
  ...['--remote-debugging-port=0', '--force-color-profile=srgb', '--lang=en-US'],
];

/** Chromium without a screen, with a profile of its own that goes with it. */
export class Browser {
  readonly #process: ServerProcess;
  readonly #devtools: Devtools;
  readonly #folder: string;

  private constructor(process: ServerProcess, devtools: Devtools, folder: string) {
    this.#process = process;
    this.#devtools = devtools;
    this.#folder = folder;
  }

  static async start(): Promise<Browser> {
    const folder = makeRunFolder('chromium');
    const process = await ServerProcess.start({
      name: 'Chromium',
      command: String(chromiumProgram()),
      args: [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, 'about:blank'],
      env: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
      logPath: join(folder, 'chromium.log'),
    });
    // The browser writes the port that it got, and a path, a line each.
    const portFile = join(folder, 'profile', 'DevToolsActivePort');
    await process.ready(
      async () => existsSync(portFile) && readFileSync(portFile, 'utf8').includes('\n/'),
      READY_MS,
    );
    const [port, path] = readFileSync(portFile, 'utf8').split('\n');
    return new Browser(process, await Devtools.connect(`ws://127.0.0.1:${port}${path}`), folder);
  }

  /** A new tab with cookies and storage of its own. */
  async open(url: string, size: { readonly width: number; readonly height: number }): Promise<BrowserPage> {
    const { browserContextId } = await this.#devtools.send('Target.createBrowserContext');
    const { targetId } = await this.#devtools.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId,
    });
    const { sessionId } = await this.#devtools.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new BrowserPage(this.#devtools, String(sessionId), String(targetId));
    await page.begin(size);
    await page.visit(url);
    return page;
  }

  async close(): Promise<void> {
    this.#devtools.close();
    await this.#process.stop('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
