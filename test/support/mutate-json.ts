import type { Xorshift } from '../fuzz/xorshift.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const ODD_VALUES: readonly Json[] = [
  ...[null, true, false, 0, -1, 1e308, '', 'x', '\u0000', '../..', '__proto__', 'constructor'],
  ...[[], {}, [null], [[[]]], { name: 'flowtap-probe' }, [{ name: 'flowtap-probe' }], { __proto: 1 }],
];

/** A JSON text with a few changes to its structure, or else to its bytes. */
export function mutateJson(text: string, random: Xorshift): string {
  if (random.below(5) === 0) return mutateText(text, random);
  const document = JSON.parse(text) as Json;
  for (let change = random.below(4); change >= 0; change--) mutateValue(document, random);
  return JSON.stringify(document);
}

function mutateText(text: string, random: Xorshift): string {
  const bytes = Buffer.from(text);
  switch (random.below(4)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length)).toString('latin1');
    case 1:
      return text + text.slice(random.below(text.length));
    case 2:
      return `${'['.repeat(random.below(5000))}${text}`;
    default:
      for (let flips = random.below(8); flips >= 0; flips--) {
        bytes[random.below(bytes.length)] = 0x20 + random.below(0x5f);
      }
      return bytes.toString('latin1');
  }
}

/** Changes one member somewhere below. */
function mutateValue(root: Json, random: Xorshift): void {
  let parent = root;
  for (;;) {
    if (parent === null || typeof parent !== 'object') return;
    const keys = Object.keys(parent);
    if (keys.length === 0) return;
    const key = keys[random.below(keys.length)];
    const holder = parent as { [key: string]: Json };
    const child = holder[key];
    if (child !== null && typeof child === 'object' && random.below(4) > 0) {
      parent = child;
      continue;
    }
    if (random.below(4) === 0) {
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete holder[key];
    } else if (random.below(6) === 0) {
      holder[`${key}${random.below(10)}`] = child;
    } else {
      holder[key] = structuredClone(ODD_VALUES[random.below(ODD_VALUES.length)]);
    }
    return;
  }
}
