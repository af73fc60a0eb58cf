import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_LINKS, MAX_NODES } from '../../../services/console/page/map/graph.ts';
import { CALLS, consoleDocuments, HOSTILE_LABELS, HOSTILE_NAME } from '../../fixtures/console-traffic.ts';
import { manyServices } from '../../fixtures/many-services.ts';
import { TestConsole } from '../../fixtures/running-console.ts';
import { chromiumUnavailable } from '../../servers/chromium.ts';
import { Browser } from '../../support/browser/browser.ts';
import type { BrowserPage } from '../../support/browser/browser-page.ts';

const unavailable = chromiumUnavailable();
/** A browser takes some seconds to start, and longer beside other tests. */
const BROWSER_MS = 120_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 800 };

const VIEWS = {
  map: '?',
  'a picked node': '?picked=service%3Ashop%2Fcart',
  split: '?view=split&of=shop%2Fcart&by=app',
  talkers: '?view=talkers&level=pod',
  flows: '?view=flows',
  probes: '?view=probes',
} as const;

let browser: Browser;
let served: TestConsole;
let page: BrowserPage | undefined;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  served = await TestConsole.start(await consoleDocuments());
  browser = await Browser.start();
}, BROWSER_MS);

afterEach(async () => {
  await page?.close();
  page = undefined;
});

afterAll(async () => {
  if (unavailable !== undefined) return;
  await browser.close();
  await served.close();
});

async function open(path: string, size = DESKTOP, from = served): Promise<BrowserPage> {
  page = await browser.open(`${from.url}/${path}`, size);
  return page;
}

const textOf = (tab: BrowserPage, selector: string): Promise<string> =>
  tab.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`);

/** The cells of the table with a caption. */
const rowsOf = (tab: BrowserPage, caption: string): Promise<readonly (readonly string[])[]> =>
  tab.evaluate(`[...document.querySelectorAll('table')]
    .filter(({ caption }) => caption.textContent === ${JSON.stringify(caption)})
    .flatMap(({ tBodies }) => [...tBodies[0].rows].map(({ cells }) => [...cells].map(({ innerText }) => innerText)))`);

const keyOfFocus = (tab: BrowserPage): Promise<string | null> =>
  tab.evaluate(`document.activeElement.getAttribute('data-key')`);

/** Presses Tab until an element with the key has the focus. */
async function tabTo(tab: BrowserPage, key: string): Promise<void> {
  const MAX_STEPS = 60;
  for (let step = 0; step < MAX_STEPS; step++) {
    await tab.press('Tab');
    if ((await keyOfFocus(tab)) === key) return;
  }
  throw new Error(`${key} is not reached with Tab.`);
}

describe('the page in a browser', { timeout: BROWSER_MS }, () => {
  test.each(Object.entries(VIEWS))(
    '%s: nothing to complain about, nor does what pods are called do anything',
    async (_name, path) => {
      const tab = await open(path);
      await tab.evaluate(`new Promise((resolve) => requestAnimationFrame(resolve))`);
      expect(tab.complaints).toEqual([]);
      expect(await tab.evaluate('typeof globalThis.hacked')).toBe('undefined');
      expect(await tab.evaluate(`document.querySelectorAll('main img, main b, main script').length`)).toBe(0);
    },
  );

  test('names and labels of a pod that means ill are shown as they are', async () => {
    const tab = await open('?view=flows');
    const rows = await rowsOf(tab, 'Flows');
    const index = rows.findIndex((cells) => cells[2].includes(HOSTILE_NAME));
    expect(rows[index][2]).toContain(`shop/${HOSTILE_NAME}`);
    const link = await tab.evaluate<string>(
      `document.querySelectorAll('tbody th a')[${index}].getAttribute('href')`,
    );
    await tab.visit(`${served.url}/${link}`);
    await tab.evaluate(`document.querySelector('main details').open = true`);
    expect(JSON.parse(await textOf(tab, 'pre')).source.kubernetes.pod.labels).toEqual(HOSTILE_LABELS);
    expect(tab.complaints).toEqual([]);
    expect(await tab.evaluate('typeof globalThis.hacked')).toBe('undefined');
  });

  test('a name in the URL is text, too', async () => {
    const tab = await open(
      `?view=flows&pod=${encodeURIComponent(HOSTILE_NAME)}&find=${encodeURIComponent(HOSTILE_NAME)}`,
    );
    expect(await textOf(tab, '.filters summary')).toContain(HOSTILE_NAME);
    expect(await rowsOf(tab, 'Flows')).toHaveLength(1);
    expect(tab.complaints).toEqual([]);
  });

  test('the split says what the traffic was', async () => {
    const tab = await open('?view=split&of=shop%2Fcart');
    const rows = await rowsOf(tab, 'Pods');
    expect(
      rows.map(([pod, connections, share, , expected, deviation]) => [
        pod,
        connections,
        share,
        expected,
        deviation,
      ]),
    ).toEqual([
      ['cart-0', String(CALLS[0]), '50.0 %', '33.3 %', '+16.7'],
      ['cart-1', String(CALLS[1]), '40.0 %', '33.3 %', '+6.7'],
      ['cart-2', String(CALLS[2]), '10.0 %', '33.3 %', '−23.3'],
    ]);
    await tab.visit(`${served.url}/?view=split&of=shop%2Fcart&weights=1.0%3D90+2.0%3D10`);
    expect(
      (await rowsOf(tab, 'Versions')).map(([version, , share, , expected]) => [version, share, expected]),
    ).toEqual([
      ['1.0', '90.0 %', '90.0 %'],
      ['2.0', '10.0 %', '10.0 %'],
    ]);
  });

  test('one flow is explained', async () => {
    const tab = await open('?view=flows&pod=cart-2');
    await tab.evaluate(`document.querySelector('tbody th a').click()`);
    await tab.waitFor(`document.querySelector('.explanations')`);
    const text = await textOf(tab, '.explanations');
    expect(text).toContain('On the wire 10.42.1.17:40200 talked to 10.96.0.10:80');
    expect(text).toContain('Really 10.42.1.17:40200 talked to 10.42.2.22:8080');
    expect(text).toContain('cart-2 saw the same flow in 1 window, with the same bytes in both directions.');
  });

  test('all of the map is reached with the keyboard, and Back goes back', async () => {
    const tab = await open('?refresh=0');
    await tabTo(tab, 'node service:shop/cart');
    await tab.press('Enter');
    await tab.waitFor(`document.querySelector('.details')`);
    expect(await textOf(tab, '.details h2')).toBe('shop/cart');
    // The focus stays where it was, though all is drawn anew.
    expect(await keyOfFocus(tab)).toBe('node service:shop/cart');
    await tab.press(' ');
    await tab.waitFor(`!document.querySelector('.details')`);
    await tab.evaluate('history.back()');
    await tab.waitFor(`document.querySelector('.details')`);
    expect(await tab.evaluate('location.search')).toContain('picked=');
    await tabTo(tab, 'close shop');
    expect(await tab.evaluate(`getComputedStyle(document.activeElement.firstChild).stroke`)).not.toBe('none');
    await tab.press('Enter');
    await tab.waitFor(`document.querySelector('.node.namespace')`);
  });

  test('a filter applies, stays in the URL, and can be taken away', async () => {
    const tab = await open('?view=talkers');
    const all = (await rowsOf(tab, 'Pairs by bytes in both directions')).length;
    await tab.evaluate(`document.querySelector('.filters').open = true`);
    await tab.evaluate(`document.querySelector('input[name=namespace]').focus()`);
    await tab.type('depot');
    await tab.press('Enter');
    await tab.waitFor(`document.querySelectorAll('tbody tr').length === 1`);
    expect(await tab.evaluate('location.search')).toContain('namespace=depot');
    await tab.evaluate(`document.querySelector('[data-key=clear]').click()`);
    await tab.waitFor(`document.querySelectorAll('tbody tr').length === ${all}`);
  });

  test('what cannot be asked is answered with words, as is a time without traffic', async () => {
    const tab = await open('?view=flows&port=lots');
    expect(await textOf(tab, '.notice')).toContain('port must be a whole number from 1 to 65535');
    await tab.visit(`${served.url}/?view=flows&port=9`);
    expect(await textOf(tab, '.notice')).toContain('Choose a longer time above, or take filters away.');
  });

  test.each(Object.entries(VIEWS))('%s fits a small screen', async (_name, path) => {
    const tab = await open(path, PHONE);
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  });

  test.each(['light', 'dark'] as const)(
    'it is %s where the system is, unless somebody says otherwise',
    async (scheme) => {
      const tab = await open('?');
      const ground = (): Promise<string> => tab.evaluate(`getComputedStyle(document.body).backgroundColor`);
      await tab.prefer(scheme);
      const preferred = await ground();
      await tab.prefer(scheme === 'light' ? 'dark' : 'light');
      expect(await ground()).not.toBe(preferred);
      const press = `document.querySelector('[data-key=theme]').click()`;
      await tab.evaluate(scheme === 'light' ? press : `${press}; ${press}`);
      expect(await textOf(tab, '[data-key=theme]')).toBe(`Theme: ${scheme}`);
      expect(await ground()).toBe(preferred);
    },
  );

  test('it shows what has come, by itself', async () => {
    const documents = await consoleDocuments();
    const growing = await TestConsole.start(documents.slice(0, -5), {
      about: { version: '1.2.3', source: 'a test', last: 'all', refresh: '1' },
    });
    try {
      const tab = await open('?view=flows', DESKTOP, growing);
      const flows = documents.filter(({ stream }) => stream.startsWith('logs-flowtap.flow-')).length;
      const rows = (count: number): string => `document.querySelectorAll('tbody tr').length === ${count}`;
      await tab.waitFor(rows(flows - 1));
      for (const { stream, body } of documents.slice(-5)) growing.source.add(stream, JSON.parse(body));
      await tab.waitFor(rows(flows));
      await tab.evaluate(`document.querySelector('[data-key=pause]').click()`);
      expect(await textOf(tab, '[data-key=pause]')).toBe('Paused');
      expect(await tab.evaluate('location.search')).toContain('refresh=0');
    } finally {
      await growing.close();
    }
  });

  test('a thousand services are a few nodes until somebody opens them', async () => {
    const crowded = await TestConsole.start(manyServices(1000));
    try {
      const tab = await open('?', DESKTOP, crowded);
      const count = (selector: string): Promise<number> =>
        tab.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
      expect(await count('.map .node')).toBe(50);
      await tab.visit(`${crowded.url}/?open=*`);
      expect(await count('.map .node')).toBe(MAX_NODES);
      expect(await count('.map .link')).toBeLessThanOrEqual(MAX_LINKS);
      expect(await count('*')).toBeLessThan(4000);
      expect(await textOf(tab, '.remark')).toContain('Not drawn: 880 lighter nodes');
      expect(tab.complaints).toEqual([]);
    } finally {
      await crowded.close();
    }
  });
});

test('the browser itself is heard when it complains', { timeout: BROWSER_MS }, async () => {
  const tab = await open('?');
  const provocations = [
    `document.body.setAttribute('style', 'color: red')`,
    `setTimeout(() => { throw new Error('thrown') })`,
    `console.error('said')`,
    `void fetch('/nowhere')`,
  ];
  for (const provocation of provocations) await tab.evaluate(`void ${provocation}`);
  await expect.poll(() => tab.complaints.join('\n')).toMatch(/thrown/);
  const heard = tab.complaints.join('\n');
  expect(heard).toMatch(/style/);
  expect(heard).toMatch(/said/);
  await expect.poll(() => tab.complaints.join('\n')).toMatch(/404/);
  await expect(tab.evaluate(`document.body.innerHTML = '<b>x</b>'`)).rejects.toThrow(/TrustedHTML/);
});
