import fc from 'fast-check';
import { Document, isMap, isSeq, visit } from 'yaml';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const text = fc.oneof(word, fc.constantFrom('on', '1e3', 'a\nb\n', 'x: y', '# no', ' lead', '{', 'é', ''));
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const texts = fc.dictionary(word, text, { maxKeys: 3 });

const container = fc.record(
  {
    name: word,
    image: text,
    command: fc.array(text, { maxLength: 3 }),
    env: fc.array(fc.record({ name: word, value: text }), { maxLength: 2 }),
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 2 }),
    resources: fc.constantFrom({}, { limits: { cpu: '1', memory: '1Gi' } }),
  },
  { requiredKeys: ['name'] },
);
const named = fc.array(fc.record({ name: word }), { maxLength: 2 });

const pod = fc.record(
  {
    metadata: fc.option(fc.record({ labels: texts, annotations: fc.option(texts) }, { requiredKeys: [] })),
    spec: fc.record(
      {
        restartPolicy: text,
        initContainers: fc.option(fc.array(container, { maxLength: 2 })),
        containers: fc.array(container, { minLength: 1, maxLength: 3 }),
        volumes: fc.option(fc.array(fc.record({ name: word, emptyDir: fc.constant({}) }), { maxLength: 2 })),
        imagePullSecrets: fc.option(named),
        nodeSelector: texts,
      },
      { requiredKeys: ['containers'] },
    ),
  },
  { requiredKeys: ['spec'] },
);

const deployment = fc.record(
  {
    apiVersion: fc.constant('apps/v1'),
    kind: fc.constant('Deployment'),
    metadata: fc.record({ name: word }),
    spec: fc.record({ replicas: maybe(fc.nat(9)), template: pod, paused: maybe(fc.boolean()) }),
    status: fc.constantFrom(undefined, {}),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
);

/** Deployments as people and programs write them: block or flow style, indentation, comments, line ends. */
export const anyManifest = manifests(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }));

/** The same in block style alone. */
export const anyBlockManifest = manifests(fc.constant([false]));

function manifests(flows: fc.Arbitrary<readonly boolean[]>): fc.Arbitrary<string> {
  return fc
    .record({
      objects: fc.array(deployment, { minLength: 1, maxLength: 2 }),
      indent: fc.constantFrom(2, 4),
      indentSeq: fc.boolean(),
      isList: fc.boolean(),
      flow: flows,
      comments: fc.array(fc.constantFrom(undefined, ' here', ' two\n lines'), { minLength: 1, maxLength: 7 }),
      isWindows: fc.boolean(),
      isEnded: fc.boolean(),
    })
    .map(({ objects, indent, indentSeq, isList, flow, comments, isWindows, isEnded }) => {
      const items = isList ? [{ apiVersion: 'v1', kind: 'List', items: objects }] : objects;
      const written = items
        .map((item) => decorate(item, flow, comments).toString({ indent, indentSeq, lineWidth: 60 }))
        .join('---\n');
      const ended = isEnded ? written : written.trimEnd();
      return isWindows ? ended.replaceAll('\n', '\r\n') : ended;
    });
}

/** The same as JSON. */
export const anyJson: fc.Arbitrary<string> = fc
  .tuple(deployment, fc.constantFrom(undefined, 1, 2, 4, '\t'))
  .map(([object, indent]) => JSON.stringify(object, withoutEmpty, indent));

/** What is empty in flow style is taken for what flowtap has emptied. */
function withoutEmpty(_key: string, value: unknown): unknown {
  const isEmpty = value === null || (typeof value === 'object' && Object.keys(value as object).length === 0);
  return isEmpty ? undefined : value;
}

function decorate(
  value: unknown,
  flow: readonly boolean[],
  comments: readonly (string | undefined)[],
): Document {
  const isFlow = flow.includes(true);
  const document = new Document(JSON.parse(JSON.stringify(value, isFlow ? withoutEmpty : undefined)), {
    version: '1.1',
  });
  let turn = 0;
  visit(document, {
    Collection(_key, node) {
      turn++;
      if ((!isMap(node) && !isSeq(node)) || node.items.length === 0) return;
      if (turn > 6) node.flow = flow[turn % flow.length];
      const comment = comments[turn % comments.length];
      if (comment !== undefined && !node.flow && turn > 1) node.commentBefore = comment;
    },
  });
  return document;
}
