import { expect, test } from 'vitest';
import { probeFault } from '../../../services/cli/check/probe-fault.ts';

const of = (status: object, list = 'initContainerStatuses') => ({
  metadata: { uid: 'u', name: 'web', namespace: 'shop' },
  status: {
    [list]: [
      { name: 'app', ready: false },
      { name: 'flowtap-probe', ...status },
    ],
  },
});

test.each([
  [{ state: { running: {} }, ready: true }, undefined],
  [{ state: { waiting: { reason: 'PodInitializing' } } }, undefined],
  [{ state: { waiting: { reason: 'ImagePullBackOff' } } }, 'fail the probe cannot start (ImagePullBackOff)'],
  [
    { state: { waiting: { reason: 'CrashLoopBackOff' } }, restartCount: 9 },
    'fail the probe ends again and again',
  ],
  [{ state: { terminated: { reason: 'Error', exitCode: 1 } } }, 'fail the probe has ended (Error, 1)'],
  [
    {
      state: { running: {} },
      ready: true,
      restartCount: 1,
      lastState: { terminated: { reason: 'OOMKilled' } },
    },
    'warn the probe was ended for its use of memory',
  ],
  [{ state: { running: {} }, ready: true, restartCount: 1 }, 'warn the probe has been restarted'],
  [{ state: { running: {} }, ready: false }, 'warn the probe runs and is not ready'],
])('%j: %s', (status, says) => {
  for (const list of ['initContainerStatuses', 'containerStatuses']) {
    const fault = probeFault(of(status, list));
    expect(fault && `${fault.outcome} ${fault.message}`).toBe(says);
  }
});

test('a pod without a status, or without a probe', () => {
  const metadata = { uid: 'u', name: 'web', namespace: 'shop' };
  expect(probeFault({ metadata })).toBeUndefined();
  expect(probeFault({ metadata, status: { containerStatuses: [{ name: 'app' }] } })).toBeUndefined();
});
