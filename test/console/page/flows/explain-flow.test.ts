import { describe, expect, test } from 'vitest';
import { explainFlow } from '../../../../services/console/page/flows/explain-flow.ts';

describe('a flow in words', () => {
  const END = { bytes: 100, packets: 2, port: 80 };
  const sentences = (document: object, peers: readonly object[] = []): string =>
    explainFlow(
      [{ source: { ...END, ip: 'fd00::1' }, destination: { ...END, ip: 'fd00::2' }, ...document }],
      peers as never,
    )
      .flatMap(({ sentences: of }) => of)
      .join('\n');

  test.each([
    [{}, '[fd00::1]:80 talked to [fd00::2]:80. Nothing was translated. Community ID none.'],
    [
      { flowtap: { source: { named_by: 'external' } } },
      'The source is fd00::1 (external): it is a public address',
    ],
    [{ flowtap: { source: { named_by: 'new' } } }, '(new): for a reason that this page does not know.'],
    [{ flowtap: { initiator: { evidence: 'lower_port' } } }, 'Decided by lower_port: it is a guess'],
    [{ flowtap: { end_reason: 'rst' } }, 'It ended: rst.'],
    [
      { flowtap: { loss: { source: { bytes: 1500, evidence: 'sender', unreliable: true } } } },
      'From source to destination: 1.46 KiB of payload lost (sender: estimated at the end that sent: what it sent again). It is not reliable',
    ],
    [{}, 'Nothing is stored of what the other end saw of it.'],
  ])('%j: %s', (document, expected) => {
    expect(sentences(document)).toContain(expected);
  });

  test('what the other end saw beside', () => {
    const peer = { observer: { name: 'p' }, source: { ...END, bytes: 60 }, destination: END };
    expect(sentences({}, [peer])).toContain(
      'p saw the same flow in 1 window; beside what is counted here it saw −40 B from the source.',
    );
  });

  test('no documents, no words', () => {
    expect(explainFlow([], [])).toEqual([]);
  });
});
