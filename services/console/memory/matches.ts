import { BlockList, isIPv6 } from 'node:net';
import type { FlowDocument, FlowFilter } from '../flow-source.ts';
import type { Condition, Test } from '../shape/condition.ts';
import { conditionsOf } from '../shape/condition.ts';
import { textAt, valueAt } from '../shape/read-document.ts';

/** Tells of documents whether they count. */
export function matcher(filter: FlowFilter): (document: FlowDocument) => boolean {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = filter;
  const conditions = conditionsOf(filter).map(compile);
  return (document) => {
    const atMs = Date.parse(textAt(document, '@timestamp') ?? '');
    return fromMs <= atMs && atMs < toMs && conditions.every((holds) => holds(document));
  };
}

type Holds = (document: FlowDocument) => boolean;

function compile(condition: Condition): Holds {
  const rows = condition.map((tests) => tests.map(compileTest));
  return (document) => rows.some((tests) => tests.every((holds) => holds(document)));
}

function compileTest(test: Test): Holds {
  if ('is' in test) return (document) => valueAt(document, test.field) === test.is;
  const range = new BlockList();
  const [address, prefix] = test.within.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (prefix === undefined) range.addAddress(address, family);
  else range.addSubnet(address, Number(prefix), family);
  return (document) => {
    const ip = textAt(document, test.field);
    return ip !== undefined && range.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  };
}
