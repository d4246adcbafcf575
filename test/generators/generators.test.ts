import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DOCUMENT } from '../openapi/document.ts';
import { installTools } from '../support/tools.ts';

const TOOLS = join(import.meta.dirname, 'tools');
const TSC = join(import.meta.dirname, '../../node_modules/.bin/tsc');
const folder = mkdtempSync(join(tmpdir(), 'linguanova-generators-'));
const CONTRACT = join(folder, 'openapi.json');

const GENERATORS = {
  'openapi-typescript': [CONTRACT, '-o', 'openapi-typescript.d.ts'],
  orval: ['--input', CONTRACT, '--output', 'orval.ts', '--client', 'fetch'],
  'openapi-ts': ['-i', CONTRACT, '-o', 'hey-api', '-c', '@hey-api/client-fetch'],
  'swagger-typescript-api': ['generate', '-p', CONTRACT, '-o', '.', '-n', 'swagger-typescript-api.ts'],
};

/** Sends metadata of texts and flags, and reads a field, with each of the clients. */
const USE = `import createClient from 'openapi-fetch';
import { createInstance as heyApi } from './hey-api/index.js';
import type { paths } from './openapi-typescript.js';
import { createInstance as orval } from './orval.js';
import { Api } from './swagger-typescript-api.js';

const body = { name: 'a', flavor_id: 'f', image_id: 'i', metadata: { isPublic: true, role: 'web' } };
const a = await createClient<paths>({ baseUrl: '' }).POST('/v1/instances', { body });
const b = await heyApi({ body });
const c = await orval(body);
const d = await new Api().v1.createInstance(body);
export const states: (string | undefined)[] = [
  a.data?.state,
  b.data?.state,
  c.status === 202 ? c.data.state : undefined,
  d.data.state,
];
export const roles: (string | undefined)[] = [a.data?.metadata.role, b.data?.metadata.role, d.data.metadata.role];
`;

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
    skipLibCheck: true,
  },
  files: ['use.ts'],
};

/** Output of a command, also of one that fails. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd: folder }).catch(
    (error) => error,
  );
  return `${stdout}${stderr}`;
}

const tool = (name: string, ...args: readonly string[]) => run(join(folder, 'node_modules/.bin', name), args);

beforeAll(async () => {
  symlinkSync(await installTools(TOOLS), join(folder, 'node_modules'));
  writeFileSync(CONTRACT, JSON.stringify(DOCUMENT));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('clients of openapi-typescript, hey-api, orval and swagger-typescript-api compile in strict mode', async () => {
  const outputs = await Promise.all(Object.entries(GENERATORS).map(([name, args]) => tool(name, ...args)));
  writeFileSync(join(folder, 'use.ts'), USE);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  expect(await run(TSC, ['-p', '.']), outputs.join('\n')).toBe('');
});

test('redocly finds no problem', async () => {
  const output = await tool('redocly', 'lint', CONTRACT, '--extends=recommended', '--format=json');
  const { totals } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
  expect(totals, output).toMatchObject({ errors: 0, warnings: 0 });
});

test('spectral finds nothing but that there is no contact', async () => {
  const output = await run(process.execPath, [join(TOOLS, 'spectral.mjs'), CONTRACT]);
  expect(output.trim().split('\n')).toEqual([
    'info-contact at info: Info object must have "contact" object.',
  ]);
});
