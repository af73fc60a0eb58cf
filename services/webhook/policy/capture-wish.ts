import { FLOWTAP_KEY } from '../flowtap-key.ts';

/** What a namespace or a pod says of being captured. */
export type CaptureWish = 'enabled' | 'disabled' | 'absent' | 'invalid';

/** Where the wish may stand. */
export interface Marked {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The wish of a namespace or pod: that of its label, else that of its annotation. */
export function captureWish({ labels, annotations }: Marked): CaptureWish {
  return readWish(labels?.[FLOWTAP_KEY.capture] ?? annotations?.[FLOWTAP_KEY.capture]);
}

/** The wish of its label alone: a webhook that is called by label never hears of an annotation. */
export function labelledWish({ labels }: Marked): CaptureWish {
  return readWish(labels?.[FLOWTAP_KEY.capture]);
}

function readWish(value: string | undefined): CaptureWish {
  if (value === undefined) return 'absent';
  return value === 'enabled' || value === 'disabled' ? value : 'invalid';
}
