import { element } from './element.ts';
import type { PageState, StateChange } from './state.ts';
import { FILTER_KEYS } from './state.ts';

const FIELDS: readonly {
  readonly key: (typeof FILTER_KEYS)[number];
  readonly label: string;
  readonly example: string;
}[] = [
  { key: 'namespace', label: 'Namespace', example: 'shop' },
  { key: 'pod', label: 'Pod', example: 'cart-5f' },
  { key: 'service', label: 'Service', example: 'shop/cart' },
  { key: 'label', label: 'Label', example: 'app=web' },
  { key: 'address', label: 'Address', example: '10.0.0.0/8' },
  { key: 'port', label: 'Port', example: '443' },
  { key: 'transport', label: 'Protocol', example: 'tcp' },
  { key: 'source', label: 'From', example: 'service:shop/cart' },
  { key: 'destination', label: 'To', example: 'outside' },
];

/** What restricts the map, the talkers and the flows. It applies when a field is left, or with Enter. */
export function filterBar(state: PageState, isOpen: boolean, go: (change: StateChange) => void): HTMLElement {
  const set = FILTER_KEYS.filter((key) => state[key] !== '');
  const fields = FIELDS.map(({ key, label, example }) =>
    element(
      'label',
      {},
      label,
      element('input', {
        ...{ name: key, value: state[key], placeholder: example, autocomplete: 'off', spellcheck: 'false' },
        ...{ list: listOf(key), 'data-key': `filter ${key}` },
        onchange: (event) => go({ [key]: (event.target as HTMLInputElement).value.trim(), after: '' }),
      }),
    ),
  );
  const clear = (): void => go({ ...Object.fromEntries(FILTER_KEYS.map((key) => [key, ''])), after: '' });
  return element(
    'details',
    { class: 'filters', 'data-key': 'filters', open: isOpen || set.length > 0 },
    element(
      'summary',
      {},
      set.length === 0 ? 'Filters' : `Filters: ${set.map((key) => `${key} ${state[key]}`).join(', ')}`,
    ),
    element(
      'form',
      { onsubmit: (event) => event.preventDefault() },
      ...fields,
      set.length > 0 &&
        element('button', { type: 'button', 'data-key': 'clear', onclick: clear }, 'Clear filters'),
    ),
  );
}

/** The id of the list of names that a field proposes. */
function listOf(key: string): string | undefined {
  return key === 'namespace' || key === 'service' ? `known-${key}` : undefined;
}

/** The names that fields propose. */
export function knownNames(
  namespaces: readonly string[],
  services: readonly string[],
): readonly HTMLElement[] {
  const list = (key: string, names: readonly string[]): HTMLElement =>
    element('datalist', { id: `known-${key}` }, ...names.map((name) => element('option', { value: name })));
  return [list('namespace', namespaces), list('service', services)];
}
