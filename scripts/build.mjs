// Bundles the CLI, and the thread it starts, into dist/ or the folder that is given: they start faster, and an image
// needs no sources. `--only probe,resolver` or `--without demo` leaves the code of other commands out.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, without: { type: 'string' } },
  allowPositionals: true,
});
const target = resolve(positionals[0] ?? join(root, 'dist'));
const only = values.only?.split(',');
const without = values.without?.split(',') ?? [];

const isIncluded = (command) => !without.includes(command) && (only?.includes(command) ?? true);

/** In the place of a command that is left out: says so when it is called. */
const leaveCommandsOut = {
  name: 'commands that are left out',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^\.\/commands\/[\w-]+\.ts$/ }, ({ path, importer }) => {
      // A command's table of settings may be a file of its own.
      const command = basename(path, '.ts').replace(/-settings$/, '');
      const isCommand = basename(importer) === 'command-list.ts';
      return isCommand && !isIncluded(command) ? { path: command, namespace: 'left-out' } : undefined;
    });
    bundling.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `import { FlowtapError } from './services/runtime/errors.ts';
        throw new FlowtapError('CONFIG_INVALID', 'cli', 'This bundle does not hold \`flowtap ${path}\`: use the other image.');`,
      resolveDir: root,
    }));
  },
};

// Chunks are named by their contents: those of an earlier build would stay.
rmSync(target, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: {
    flowtap: 'services/cli/main.ts',
    ...(isIncluded('replay') && { 'replay-worker': 'services/cli/replay/replay-worker.ts' }),
  },
  outdir: target,
  bundle: true,
  // A command's code is loaded when it is called.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Native code, and a database with files of its own, stay where npm put them.
  external: ['koffi', 'cap', '@electric-sql/pglite'],
  plugins: [leaveCommandsOut],
  // CommonJS packages in the bundle call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
  },
  minify: false,
  // Puts constants in where other modules use them: loading and checking each of them is a fifth of what a packet costs.
  minifySyntax: true,
  sourcemap: false,
  legalComments: 'inline',
  logLevel: 'info',
});

// Elsewhere than in the repository Node.js would first read each file as a CommonJS module.
writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');

// What commands read at run time.
const FOLDERS = { sql: ['kubeagent'], 'ecs-templates': ['setup'], examples: ['replay', 'demo'] };
for (const [folder, commands] of Object.entries(FOLDERS)) {
  if (commands.some(isIncluded)) cpSync(join(root, folder), join(target, folder), { recursive: true });
}
