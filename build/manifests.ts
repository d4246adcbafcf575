/** The `package.json` of each package. Version, licence and dependencies are those of the repository's. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
export const DIST = join(ROOT, 'dist');
/** What each package is made of, before it is packed. */
export const FOLDERS = { gateway: join(DIST, 'linguanova'), client: join(DIST, 'client') };

const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const REPOSITORY = 'https://github.com/linguanova/linguanova';

const COMMON = {
  version: root.version,
  license: root.license,
  repository: { type: 'git', url: `git+${REPOSITORY}.git` },
  bugs: { url: `${REPOSITORY}/issues` },
  type: 'module',
  publishConfig: { access: 'public' },
};

/** Exact, because npm follows a package's shrinkwrap only when a registry delivers it. */
const TESTED_VERSIONS = Object.fromEntries(
  Object.keys(root.dependencies).map((name) => [name, lock.packages[`node_modules/${name}`].version]),
);

export const GATEWAY_MANIFEST = {
  name: 'linguanova',
  description: root.description,
  keywords: ['openstack', 'api-gateway', 'nova', 'cloud', 'compute', 'api-keys', 'rate-limit'],
  homepage: `${REPOSITORY}#readme`,
  ...COMMON,
  bin: { linguanova: 'bin/linguanova.cjs' },
  exports: { './package.json': './package.json' },
  files: ['adapters', 'bin', 'src', 'npm-shrinkwrap.json'],
  sideEffects: true,
  engines: { node: '>=22.19.0' },
  dependencies: TESTED_VERSIONS,
};

export const CLIENT_MANIFEST = {
  name: '@linguanova/client',
  description: 'Typed client of a linguanova gateway, for browsers, Node, Bun, Deno and Workers.',
  keywords: ['linguanova', 'openstack', 'cloud', 'compute', 'api-client', 'typescript'],
  homepage: `${REPOSITORY}/blob/main/docs/client.md`,
  ...COMMON,
  exports: {
    '.': { types: './index.d.ts', default: './index.js' },
    './package.json': './package.json',
  },
  types: './index.d.ts',
  files: ['index.js', 'index.d.ts'],
  sideEffects: false,
  engines: { node: '>=20.19.0' },
};
