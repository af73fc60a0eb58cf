/** What a person was at: what has the focus, what is open, how far things are scrolled. By `data-key`. */
export interface Place {
  readonly restore: (root: HTMLElement) => void;
}

/** Remembers it before a part of the page is drawn anew. */
export function keepPlace(root: HTMLElement): Place {
  const active = document.activeElement;
  const focused = root.contains(active) ? active?.getAttribute('data-key') : undefined;
  const selection = active instanceof HTMLInputElement ? selectionOf(active) : undefined;
  const typed = active instanceof HTMLInputElement ? active.value : undefined;
  const opened = [...root.querySelectorAll<HTMLDetailsElement>('details[data-key][open]')].map(keyOf);
  const scrolled = [...root.querySelectorAll('.map, .table')].map(({ scrollLeft, scrollTop }) => [
    scrollLeft,
    scrollTop,
  ]);
  return {
    restore(now) {
      for (const details of now.querySelectorAll<HTMLDetailsElement>('details[data-key]')) {
        if (opened.includes(keyOf(details))) details.open = true;
      }
      for (const [index, area] of now.querySelectorAll('.map, .table').entries()) {
        [area.scrollLeft, area.scrollTop] = scrolled[index] ?? [0, 0];
      }
      if (!focused) return;
      const again = [...now.querySelectorAll<HTMLElement>('[data-key]')].find(
        (candidate) => keyOf(candidate) === focused,
      );
      again?.focus({ preventScroll: true });
      if (!(again instanceof HTMLInputElement)) return;
      if (typed !== undefined) again.value = typed;
      if (selection) again.setSelectionRange(...selection);
    },
  };
}

function keyOf(of: Element): string | null {
  return of.getAttribute('data-key');
}

/** Not all kinds of fields have one. */
function selectionOf({ selectionStart, selectionEnd }: HTMLInputElement): [number, number] | undefined {
  return selectionStart === null || selectionEnd === null ? undefined : [selectionStart, selectionEnd];
}
