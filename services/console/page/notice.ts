import { element } from './element.ts';

/** Words in place of data: what is the matter, and what to do. */
export function notice(title: string, ...sentences: readonly (string | Node)[]): HTMLElement {
  return element(
    'div',
    { class: 'notice' },
    element('h2', {}, title),
    ...sentences.map((sentence) => element('p', {}, sentence)),
  );
}

/** A remark above data that is not all there is. */
export function remark(text: string): HTMLElement {
  return element('p', { class: 'remark' }, text);
}

export function nothingFound(what: string): HTMLElement {
  return notice(
    `No ${what} in this time`,
    'Choose a longer time above, or take filters away.',
    'Where nothing ever appears: is there a pod with a probe, and is it among the healthy ones below Probes?',
  );
}
