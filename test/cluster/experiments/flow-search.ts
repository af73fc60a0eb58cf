import { setTimeout as sleep } from 'node:timers/promises';

/** Each conversation once a window. */
export const FLOW_STREAM = 'logs-flowtap.flow-*';
/** What the other ends' probes saw of the same ones. */
export const PEER_STREAM = 'flowtap-peer-*';

const PAGE_DOCUMENTS = 5000;
const POLL_MS = 1000;

/** Searches the documents of flows, all that was indexed until now. @throws Error with the server's answer where it refuses */
export async function searchFlows<Answer>(url: string, streams: string, body: object): Promise<Answer> {
  await fetch(`${url}/${streams}/_refresh?allow_no_indices=true`, { method: 'POST' });
  return ask(`${url}/${streams}/_search?allow_no_indices=true`, body);
}

/** All documents that a query finds. */
export async function flowsFound<Document>(
  url: string,
  streams: string,
  query: object,
): Promise<readonly Document[]> {
  interface Page {
    readonly _scroll_id: string;
    readonly hits: { readonly hits: readonly { readonly _source: Document }[] };
  }
  await fetch(`${url}/${streams}/_refresh?allow_no_indices=true`, { method: 'POST' });
  const found: Document[] = [];
  const first = `${url}/${streams}/_search?allow_no_indices=true&scroll=1m`;
  let page = await ask<Page>(first, { size: PAGE_DOCUMENTS, query });
  while (page.hits.hits.length > 0) {
    found.push(...page.hits.hits.map(({ _source }) => _source));
    page = await ask<Page>(`${url}/_search/scroll`, { scroll: '1m', scroll_id: page._scroll_id });
  }
  return found;
}

/** Asks again until an answer is whole; gives the last one when the time is up. */
export async function askUntil<Answer>(
  search: () => Promise<Answer>,
  isWhole: (answer: Answer) => boolean,
  withinMs: number,
): Promise<Answer> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const answer = await search();
    if (isWhole(answer) || Date.now() > untilMs) return answer;
    await sleep(POLL_MS);
  }
}

async function ask<Answer>(url: string, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer as Answer;
}
