import { isIP } from 'node:net';
import { FlowtapError } from '../../runtime/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { aborted } from '../demo/aborted.ts';
import { openShop, SHOP_READY } from '../demo/shop.ts';
import { visitShop, WEB_READY } from '../demo/web.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';

/**
 * `flowtap demo-traffic shop ADDRESSES` and `web ADDRESSES ADDRESSES`, which `flowtap demo` starts in its pods: serves
 * at the addresses, or visits those of the service and of a pod, until standard input ends, as it does when the demo
 * dies. Addresses have commas between them.
 */
export async function runDemoTraffic(args: readonly string[], context: CommandContext): Promise<number> {
  const [role, ...lists] = args;
  const [addresses = [], podAddresses = []] = lists.map((list) => list.split(','));
  if ((role !== 'shop' && role !== 'web') || ![...addresses, ...podAddresses].every((ip) => isIP(ip) !== 0)) {
    const message = 'Usage: flowtap demo-traffic shop <addresses>, or web <addresses of service> <of pod>';
    throw new FlowtapError('CONFIG_INVALID', 'config', message);
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
      await visitShop({ service: addresses, pod: podAddresses }, signal, clock);
    }
  } finally {
    standardInput.destroy();
  }
  return EXIT_SUCCESS;
}
