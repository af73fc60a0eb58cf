import { vi } from 'vitest';
import type { Devtools, DevtoolsEvent } from './devtools.ts';

const WAIT_MS = 20_000;

/** Keys by their names, with the text they type. */
const KEYS: Readonly<
  Record<string, { readonly code: string; readonly keyCode: number; readonly text?: string }>
> = {
  Tab: { code: 'Tab', keyCode: 9 },
  Enter: { code: 'Enter', keyCode: 13, text: '\r' },
  ' ': { code: 'Space', keyCode: 32, text: ' ' },
};

/** A tab of the browser, and everything it complains about. */
export class BrowserPage {
  /** Errors of scripts, of the console and of the network, and violations of the content security policy. */
  readonly complaints: string[] = [];
  readonly #devtools: Devtools;
  readonly #sessionId: string;
  readonly #targetId: string;

  constructor(devtools: Devtools, sessionId: string, targetId: string) {
    this.#devtools = devtools;
    this.#sessionId = sessionId;
    this.#targetId = targetId;
  }

  async begin({ width, height }: { readonly width: number; readonly height: number }): Promise<void> {
    this.#devtools.onEvent(this.#sessionId, (event) => this.#listen(event));
    for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'Audits'])
      await this.#send(`${domain}.enable`);
    await this.#send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  /** Goes there, and waits until the page has drawn something. */
  async visit(url: string): Promise<void> {
    await this.#send('Page.navigate', { url });
    await this.waitFor(
      `document.readyState === 'complete' && document.querySelector('main')?.childElementCount > 0`,
    );
  }

  /** The value of an expression, which must be plain data. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as {
      readonly result: { readonly value: Value };
      readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
    };
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Waits until the expression is true. */
  async waitFor(expression: string): Promise<void> {
    await vi.waitFor(
      async () => {
        if (!(await this.evaluate<boolean>(`Boolean(${expression})`)))
          throw new Error(`not yet: ${expression}`);
      },
      { timeout: WAIT_MS, interval: 50 },
    );
  }

  async press(key: keyof typeof KEYS): Promise<void> {
    const { code, keyCode, text } = KEYS[key];
    const event = { key, code, windowsVirtualKeyCode: keyCode, ...(text !== undefined && { text }) };
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  async type(text: string): Promise<void> {
    await this.#send('Input.insertText', { text });
  }

  /** `prefers-color-scheme`, as a system would have it. */
  async prefer(scheme: 'light' | 'dark'): Promise<void> {
    await this.#send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
  }

  async screenshot(): Promise<Buffer> {
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(String(data), 'base64');
  }

  async close(): Promise<void> {
    await this.#devtools.send('Target.closeTarget', { targetId: this.#targetId });
  }

  #listen({ method, params }: DevtoolsEvent): void {
    switch (method) {
      case 'Runtime.exceptionThrown':
        this.complaints.push(`exception: ${JSON.stringify(params.exceptionDetails)}`);
        break;
      case 'Runtime.consoleAPICalled':
        if (params.type === 'error' || params.type === 'warning')
          this.complaints.push(`console: ${JSON.stringify(params.args)}`);
        break;
      case 'Log.entryAdded': {
        const { level, text, url } = params.entry as Readonly<Record<string, string>>;
        if (level === 'error' || level === 'warning') this.complaints.push(`log: ${text} ${url ?? ''}`);
        break;
      }
      case 'Audits.issueAdded':
        if (JSON.stringify(params).includes('ContentSecurityPolicy'))
          this.complaints.push(JSON.stringify(params));
        break;
    }
  }

  #send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#devtools.send(method, params, this.#sessionId);
  }
}
