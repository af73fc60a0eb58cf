import { isIP } from 'node:net';
import { FlowtapError } from '../../runtime/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { aborted } from '../demo/aborted.ts';
import { openShop, SHOP_READY } from '../demo/shop.ts';
import { visitShop, WEB_READY } from '../demo/web.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';

/**
 * `flowtap demo-traffic shop|web ADDRESS...`, which `flowtap demo` starts in its two network namespaces: serves at
 * the addresses, or visits them, until standard input ends, as it does when the demo dies.
 */
export async function runDemoTraffic(args: readonly string[], context: CommandContext): Promise<number> {
  const [role, ...addresses] = args;
  if ((role !== 'shop' && role !== 'web') || !addresses.every((address) => isIP(address) !== 0)) {
    throw new FlowtapError('CONFIG_INVALID', 'config', 'Usage: flowtap demo-traffic <shop|web> <address...>');
  }
  const { standardInput, clock, terminal } = context;
  const orphaned = new AbortController();
  standardInput.once('end', () => orphaned.abort()).resume();
  const signal = AbortSignal.any([context.signal, orphaned.signal]);
  try {
    if (role === 'shop') {
      const shop = await openShop(addresses);
      terminal.line(SHOP_READY);
      await aborted(signal);
      shop.close();
    } else {
      terminal.line(WEB_READY);
      await visitShop(addresses, signal, clock);
    }
  } finally {
    standardInput.destroy();
  }
  return EXIT_SUCCESS;
}
