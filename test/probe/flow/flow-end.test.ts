import { describe, expect, it } from 'vitest';
import type { FlowMeterOptions } from '../../../services/probe/flow/flow-meter.ts';
import { BASE_MS, BASE_SECONDS, meterOf, query, recordsOf, TestMeter } from '../../fixtures/test-meter.ts';

type Options = Partial<FlowMeterOptions>;

const TEN_SECONDS: Options = { windowMs: 10_000 };
const IDLE: Options = { ...TEN_SECONDS, idleTimeoutSeconds: 30, tcpIdleTimeoutSeconds: 60 };
const HANDSHAKE = '0 syn, 1 synack, 2 ack';
const CLOSE = '100 fin, 101 finack, 102 ack';

/** The packets so many milliseconds later. */
const later = (ms: number, packets: string): string =>
  packets.replace(/(\d+)(?= )/g, (at) => String(Number(at) + ms));

describe('why a flow ended', () => {
  it.each<[string, Options, string, string[]]>([
    ['fin: one from each end', TEN_SECONDS, `${HANDSHAKE}, ${CLOSE}`, ['tcp 40000 4+2 in 0-10 fin']],
    ['half closed is open', TEN_SECONDS, `${HANDSHAKE}, 100 fin`, ['tcp 40000 3+1 in 0-10 shutdown']],
    ['rst', TEN_SECONDS, `${HANDSHAKE}, 50 rst`, ['tcp 40000 2+2 in 0-10 rst']],
    [
      'a reset of somebody who goes on was none',
      TEN_SECONDS,
      `${HANDSHAKE}, 50 rst, 51 synack, 11000 ack`,
      ['tcp 40000 2+3 in 0-10', 'tcp 40000 1+0 in 10-20 shutdown'],
    ],
    [
      'what comes behind the end is told too',
      TEN_SECONDS,
      `${CLOSE}, 11000 ack`,
      ['tcp 40000 2+1 in 0-10 fin', 'tcp 40000 1+0 in 10-20 fin'],
    ],
    [
      'idle: silent so long when a window closes',
      IDLE,
      '0 query, 10000 other, 20000 other, 31000 other, 41000 other',
      [
        'udp 40000 1+0 in 0-10',
        'udp 9999 1+0 in 10-20',
        'udp 40000 0+0 in 20-30 idle',
        'udp 9999 1+0 in 20-30',
        'udp 9999 1+0 in 30-40',
        'udp 9999 1+0 in 40-50 shutdown',
      ],
    ],
    [
      'idle: with its last packets, when nothing came in between',
      IDLE,
      '0 query, 30000 query',
      ['udp 40000 1+0 in 0-10 idle', 'udp 40000 1+0 in 30-40 shutdown'],
    ],
    [
      'TCP may be silent longer',
      IDLE,
      '0 syn, 59000 ack',
      ['tcp 40000 1+0 in 0-10', 'tcp 40000 1+0 in 50-60 shutdown'],
    ],
    [
      'idle, without windows',
      { idleTimeoutSeconds: 30 },
      '0 query, 29999 query, 59000 query, 89000 query',
      ['udp 40000 3+0 idle', 'udp 40000 1+0 shutdown'],
    ],
    [
      'idle, after 2038',
      { idleTimeoutSeconds: 30 },
      '400000000000 query, 400000001000 query, 400000031000 query',
      ['udp 40000 2+0 idle', 'udp 40000 1+0 shutdown'],
    ],
    [
      'evicted: the one silent longest',
      { maxFlows: 2 },
      '0 query, 1000 other, 2000 third',
      ['udp 40000 1+0 evicted', 'udp 8888 1+0 shutdown', 'udp 9999 1+0 shutdown'],
    ],
    [
      'a closed flow is not evicted but closed',
      { ...TEN_SECONDS, maxFlows: 1 },
      `${CLOSE}, 200 query`,
      ['tcp 40000 2+1 in 0-10 fin', 'udp 40000 1+0 in 0-10 shutdown'],
    ],
    [
      'running long cuts the record, not the flow',
      { activeTimeoutSeconds: 60 },
      '0 query, 59000 query, 60000 query, 61000 query',
      ['udp 40000 2+0', 'udp 40000 2+0 shutdown'],
    ],
  ])('%s', (_name, options, packets, expected) => {
    expect(recordsOf(options, packets)).toEqual(expected);
  });

  it('is told once where nothing follows, and the flow is forgotten', () => {
    const test = meterOf(TEN_SECONDS, `${HANDSHAKE}, ${CLOSE}`);
    for (const ms of [10_000, 20_000, 30_000]) test.meter.advanceTo(BASE_MS + ms);
    expect(test.texts).toEqual(['tcp 40000 4+2 in 0-10 fin']);
    expect(test.meter.statistics().liveFlows).toBe(0);
  });

  it('is forgotten at the end of the next window, not before', () => {
    const test = meterOf({ windowMs: 2500 }, CLOSE);
    const live = [2500, 2600, 4999, 5000].map((ms) => {
      test.meter.advanceTo(BASE_MS + ms);
      return test.meter.statistics().liveFlows;
    });
    expect(live).toEqual([1, 1, 1, 0]);
  });

  it('is counted where it was for want of room', () => {
    const test = new TestMeter({ maxFlows: 2 });
    for (let port = 1; port <= 10; port++) test.packet(port, query(port));
    test.finish();
    expect(test.meter.statistics()).toMatchObject({ flows: 10, liveFlows: 2, evictedFlows: 8, records: 10 });
  });
});

describe('the same addresses and ports again', () => {
  const twice = `${HANDSHAKE}, ${CLOSE}, ${later(1000, HANDSHAKE)}, ${later(1000, CLOSE)}`;
  const whole = 'tcp 40000 4+2 in 0-10 fin';
  it.each<[string, Options, string, string[]]>([
    ['after both FINs, in one window', TEN_SECONDS, twice, [whole, whole]],
    [
      'after a reset',
      TEN_SECONDS,
      '0 syn, 1 rst, 1000 syn, 1001 rst',
      ['tcp 40000 1+1 in 0-10 rst', 'tcp 40000 1+1 in 0-10 rst'],
    ],
    [
      'in the window after the last record',
      TEN_SECONDS,
      `${CLOSE}, ${later(10_000, HANDSHAKE)}`,
      ['tcp 40000 2+1 in 0-10 fin', 'tcp 40000 2+1 in 10-20 shutdown'],
    ],
    [
      'a SYN on an open flow goes on with it',
      TEN_SECONDS,
      `${HANDSHAKE}, ${later(1000, HANDSHAKE)}`,
      ['tcp 40000 4+2 in 0-10 shutdown'],
    ],
    ['without windows all is one record', {}, twice, ['tcp 40000 8+4 fin']],
  ])('%s', (_name, options, packets, expected) => {
    expect(recordsOf(options, packets)).toEqual(expected);
  });

  it('begin a flow with a start of its own', () => {
    const starts = meterOf(TEN_SECONDS, twice)
      .finish()
      .map(({ record }) => record.flowStart.seconds - BASE_SECONDS);
    expect(starts).toEqual([0, 1]);
  });
});
