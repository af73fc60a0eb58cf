import { element } from './element.ts';

/** A list to choose from, with its label. */
export function choice(
  label: string,
  value: string,
  options: readonly (string | readonly [value: string, text: string])[],
  choose: (value: string) => void,
): HTMLElement {
  const pairs = options.map((option) => (typeof option === 'string' ? ([option, option] as const) : option));
  // What a URL says stays visible, even where it is none of the usual.
  const known = pairs.some(([candidate]) => candidate === value)
    ? pairs
    : [[value, value] as const, ...pairs];
  return element(
    'label',
    {},
    `${label} `,
    element(
      'select',
      { 'data-key': label, onchange: (event) => choose((event.target as HTMLSelectElement).value) },
      ...known.map(([option, text]) =>
        element('option', { value: option, selected: option === value }, text),
      ),
    ),
  );
}
