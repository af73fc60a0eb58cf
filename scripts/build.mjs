// Bundles the CLI, and the thread it starts: they start faster, and an image needs no sources.
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

await build({
  absWorkingDir: root,
  entryPoints: { flowtap: 'services/cli/main.ts', 'replay-worker': 'services/cli/replay/replay-worker.ts' },
  outdir: 'dist',
  bundle: true,
  // A command's code is loaded when it is called.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Native code stays where npm put it.
  external: ['koffi', 'cap'],
  // CommonJS packages in the bundle call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  minify: false,
  // Puts constants in where other modules use them: loading and checking each of them is a fifth of what a packet costs.
  minifySyntax: true,
  sourcemap: false,
  legalComments: 'inline',
  logLevel: 'info',
});
