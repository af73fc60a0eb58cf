import * as prometheus from 'prom-client';

/** One metric: what docs/metrics.md says of it, and what a scrape shows. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** With its unit, and `_total` for counters, as Prometheus wants it: `flowtap_resolver_events_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** The metrics of one stage, by the names the code uses. Kept in a file `…-metrics.ts`, from which the docs are made. */
export type MetricTable = Readonly<Record<string, MetricDefinition>>;

type LabelsOf<Definition extends MetricDefinition> = Definition extends {
  readonly labels: readonly (infer Label extends string)[];
}
  ? readonly [labels: Readonly<Record<Label, string>>]
  : readonly [];

export interface Counter<Labels extends readonly unknown[]> {
  add(by: number, ...labels: Labels): void;
  /** Has the sum read when it is asked for, where somebody else counts. */
  read(sum: () => number, ...labels: Labels): void;
}

export interface Gauge<Labels extends readonly unknown[]> {
  set(value: number, ...labels: Labels): void;
  /** Has the value read when it is asked for. */
  read(value: () => number, ...labels: Labels): void;
}

export interface Histogram<Labels extends readonly unknown[]> {
  observe(value: number, ...labels: Labels): void;
}

interface MetricKinds<Labels extends readonly unknown[]> {
  readonly counter: Counter<Labels>;
  readonly gauge: Gauge<Labels>;
  readonly histogram: Histogram<Labels>;
}

/** What the code counts with: `metrics.events.add(1, { type: 'new' })`. */
export type MetricsOf<Table extends MetricTable> = {
  readonly [Name in keyof Table]: MetricKinds<LabelsOf<Table[Name]>>[Table[Name]['kind']];
};

/** All metrics of a process. */
export class MetricRegistry {
  readonly #registry = new prometheus.Registry();

  /** What a scrape's answer is, in the header content-type. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds a table's metrics. Those without labels show 0 from now on. */
  define<const Table extends MetricTable>(table: Table): MetricsOf<Table> {
    const metrics = Object.entries(table).map(([name, definition]) => [name, this.#create(definition)]);
    return Object.fromEntries(metrics) as MetricsOf<Table>;
  }

  /** Adds what is measured of every Node.js process: CPU, memory, garbage collection, delay of the event loop. */
  addProcessMetrics(): void {
    prometheus.collectDefaultMetrics({ register: this.#registry });
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The value of a counter or gauge, 0 where nothing was counted; for tests and summaries. */
  async value(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const metric = await this.#registry.getSingleMetric(name)?.get();
    const wanted = Object.entries(labels);
    const found = metric?.values.filter((value) =>
      wanted.every(([label, text]) => (value.labels as Readonly<Record<string, unknown>>)[label] === text),
    );
    return (found ?? []).reduce((sum, { value }) => sum + value, 0);
  }

  #create(
    definition: MetricDefinition,
  ): MetricKinds<readonly Record<string, string>[]>[keyof MetricKinds<[]>] {
    const { kind, name, help, labels = [], buckets } = definition;
    const shared = { name, help, labelNames: [...labels], registers: [this.#registry] };
    switch (kind) {
      case 'counter':
        return createCounter(shared);
      case 'gauge':
        return createGauge(shared);
      case 'histogram': {
        const histogram = new prometheus.Histogram({ ...shared, ...(buckets && { buckets: [...buckets] }) });
        return {
          observe: (value, ...[values]) =>
            values === undefined ? histogram.observe(value) : histogram.observe(values, value),
        };
      }
    }
  }
}

function createCounter(
  shared: prometheus.CounterConfiguration<string>,
): Counter<readonly Record<string, string>[]> {
  const readers: (() => void)[] = [];
  const counter = new prometheus.Counter({
    ...shared,
    collect() {
      if (readers.length > 0) this.reset();
      for (const read of readers) read();
    },
  });
  const add = (by: number, ...[values]: readonly Record<string, string>[]): void =>
    values === undefined ? counter.inc(by) : counter.inc(values, by);
  return { add, read: (sum, ...labels) => void readers.push(() => add(sum(), ...labels)) };
}

function createGauge(
  shared: prometheus.GaugeConfiguration<string>,
): Gauge<readonly Record<string, string>[]> {
  const readers: (() => void)[] = [];
  const gauge = new prometheus.Gauge({
    ...shared,
    collect() {
      for (const read of readers) read();
    },
  });
  const set = (value: number, ...[values]: readonly Record<string, string>[]): void =>
    values === undefined ? gauge.set(value) : gauge.set(values, value);
  return { set, read: (value, ...labels) => void readers.push(() => set(value(), ...labels)) };
}
