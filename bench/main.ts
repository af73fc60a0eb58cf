import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileBench } from './file-bench.ts';
import { benchFiles } from './file-bench.ts';
import { fileTables } from './file-report.ts';
import type { LiveResult } from './live-bench.ts';
import { benchLive } from './live-bench.ts';
import { LIVE_CAPTURES } from './live-captures.ts';
import { comparedLoads, memoryLoad } from './live-loads.ts';
import { liveTable, memoryPerFlow } from './live-report.ts';
import { machineFacts } from './machine.ts';
import { performancePage } from './performance-page.ts';
import { onPath } from './programs.ts';
import type { ServiceName } from './service-parts.ts';
import { SERVICE_PARTS } from './service-parts.ts';
import type { ServicePart } from './services-page.ts';
import { servicesPage } from './services-page.ts';
import { plainTable } from './table.ts';

const USAGE = `Usage: npm run bench -- [--files] [--live] [--services] [--resolver] [--enrichment] [--index] [--identify] [--webhook] [--quick] [--write]

  --files  reading capture files, beside other flow meters
  --live   capturing on an interface, beside tcpdump and cap (root, Linux)
  --services  all of the following
  --resolver  new connections through a service, while the resolver translates them (root, Linux, memcached)
  --enrichment  making documents of records, between 150,000 pods
  --index  the same into Elasticsearch, beside finished documents
  --identify  asking PostgreSQL who had 500 addresses, among 150,000 pods
  --webhook  admissions of pods, on one core
  --quick  a tenth of the packets, one round of live captures
  --write  files and live into docs/performance.md, services into docs/performance-services.md
`;

const SERVICE_NAMES = Object.keys(SERVICE_PARTS) as ServiceName[];

const root = join(import.meta.dirname, '..');
const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flowtap', 'bench');
const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
await main();

async function main(): Promise<void> {
  const choice = readArguments();
  if (choice === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'ignore' });
  mkdirSync(cacheFolder, { recursive: true });
  process.stdout.write(`${machineFacts().join('\n')}\n\n`);
  if (choice.services.length > 0) return await measureServices(choice);
  const files = choice.files ? await measureFiles(choice.quick) : undefined;
  const live = choice.live ? await measureLive(choice.quick) : undefined;
  if (choice.write && files !== undefined && live !== undefined) {
    writeFileSync(join(root, 'docs', 'performance.md'), performancePage({ files, live }));
    progress('docs/performance.md is written');
  }
}

interface Choice {
  readonly files: boolean;
  readonly live: boolean;
  readonly services: readonly ServiceName[];
  readonly quick: boolean;
  readonly write: boolean;
}

function readArguments(): Choice | undefined {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      options: {
        ...{ files: flag, live: flag, services: flag, quick: flag, write: flag },
        ...{ resolver: flag, enrichment: flag, index: flag, identify: flag, webhook: flag },
      },
    });
    const services = SERVICE_NAMES.filter((name) => values.services || values[name]);
    const both = values.files === values.live;
    if (services.length > 0 && (values.files || values.live)) return undefined;
    // A page is written of a whole run.
    const isWhole = !values.quick && (services.length === 0 ? both : values.services);
    if (values.write && !isWhole) return undefined;
    return {
      files: values.files || both,
      live: values.live || both,
      services,
      quick: values.quick,
      write: values.write,
    };
  } catch {
    return undefined;
  }
}

async function measureServices({ services, quick, write }: Choice): Promise<void> {
  const parts: ServicePart[] = [];
  for (const name of services) {
    const part = await SERVICE_PARTS[name](quick, progress);
    parts.push(part);
    const table =
      typeof part.result === 'string' ? `Not measured: ${part.result}\n` : plainTable(part.result);
    process.stdout.write(`${part.title}\n\n${table}\n${part.plan ?? ''}\n`);
  }
  if (!write) return;
  writeFileSync(join(root, 'docs', 'performance-services.md'), servicesPage(parts));
  progress('docs/performance-services.md is written');
}

async function measureFiles(quick: boolean): Promise<FileBench> {
  const packets = quick ? 500_000 : 5_000_000;
  const flows = quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
  const shapes = flows.map((count) => ({ packets, flows: count, seed: 1 }));
  const bench = await benchFiles(cacheFolder, shapes, progress);
  for (const { title, table } of fileTables(bench))
    process.stdout.write(`${title}\n\n${plainTable(table)}\n`);
  for (const { reader, reason } of bench.absent) process.stdout.write(`${reader.name}: ${reason}\n`);
  return bench;
}

async function measureLive(quick: boolean): Promise<readonly LiveResult[] | string> {
  const reason = liveImpossible();
  if (reason !== undefined) {
    process.stdout.write(`Live capture not measured: ${reason}\n`);
    return reason;
  }
  const rounds = quick ? 1 : 3;
  const compared = await benchLive(cacheFolder, LIVE_CAPTURES, comparedLoads(quick), rounds, progress);
  const memory = await benchLive(
    cacheFolder,
    LIVE_CAPTURES.slice(0, 1),
    [memoryLoad(quick)],
    rounds,
    progress,
  );
  const results = [...compared, ...memory];
  process.stdout.write(
    `Live capture\n\n${plainTable(liveTable(results))}\n${memoryPerFlow(results) ?? ''}\n`,
  );
  return results;
}

function liveImpossible(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux.';
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces.';
  return onPath('ip') === undefined ? 'it needs the program ip: apt-get install iproute2.' : undefined;
}
