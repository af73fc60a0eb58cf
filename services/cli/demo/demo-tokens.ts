import type { TokenAuthority, TokenVerdict } from '../../enrichment/receive/authenticator.ts';
import type { DemoPodObject } from './demo-objects.ts';
import { DEMO_NAMESPACE, demoPodUid } from './demo-objects.ts';

const PREFIX = 'demo-';

/** What a probe of the demo sends in place of a service account's token. */
export function demoToken(podName: string): string {
  return PREFIX + podName;
}

/** Knows the tokens of the demo's pods, as the API server knows those of a cluster's. */
export class DemoTokens implements TokenAuthority {
  readonly #names: ReadonlySet<string>;

  constructor(pods: readonly DemoPodObject[]) {
    this.#names = new Set(pods.map(({ name }) => name));
  }

  judge(token: string): Promise<TokenVerdict> {
    const name = token.slice(PREFIX.length);
    if (!token.startsWith(PREFIX) || !this.#names.has(name)) {
      return Promise.resolve({ kind: 'unknown', message: 'No pod of the demo has this token.' });
    }
    const pod = { namespace: DEMO_NAMESPACE, name, uid: demoPodUid(name) };
    return Promise.resolve({ kind: 'accepted', sender: { method: 'token_review', name, pod } });
  }
}
