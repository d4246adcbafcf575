/**
 * The examples of the pages, as printed: a block after "`NAME`:" is a file of that name, and blocks of `sh` are commands. Only what
 * stands for the reader's own is replaced: the gateway's address, the key, its id, the project.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { read } from '../docs/pages.ts';
import { Comparison } from './comparison.ts';
import { installed, pythonTool } from './install.ts';
import { PYTHON_PACKAGES } from './python-packages.ts';
import type { Way } from './ways.ts';

const run = promisify(execFile);
const comparison = new Comparison();
afterAll(() => comparison.close());

const client = () => pythonTool('openstackclient', PYTHON_PACKAGES.openstackclient);
const libcloud = (name: 'libcloud' | 'libcloud-oldest') => pythonTool(name, PYTHON_PACKAGES[name]);
const bin = async (folder: Promise<string>) => join(await folder, 'bin');

/** Where its program is, by the page. */
const PROGRAMS: Readonly<Record<string, () => Promise<string>>> = {
  openstack: () => bin(client()),
  'python-sdk': () => bin(client()),
  libcloud: () => bin(libcloud('libcloud')),
  ansible: () => bin(installed('ansible')),
  packer: () => installed('debian'),
  gophercloud: () => installed('gophercloud'),
  fog: () => installed('debian'),
};

describe('the examples of docs/tools run as printed on the sandbox', () => {
  test.each(Object.entries(PROGRAMS))('%s.md', async (page, program) => {
    await runPage(page, await program(), await comparison.way('sandbox'));
  });

  test('libcloud.md with the oldest version that it names', async () => {
    await runPage('libcloud', await bin(libcloud('libcloud-oldest')), await comparison.way('sandbox'));
  });
});

test('the examples of docs/tools/rclone.md run as printed through a gateway with object storage', async () => {
  await runPage('rclone', await installed('rclone'), await comparison.way('gateway'));
});

async function runPage(page: string, program: string, { authUrl, id, secret, region }: Way): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-page-'));
  const url = authUrl.replace('/identity/v3', '');
  const me = await fetch(`${url}/v1/me`, { headers: { 'x-api-key': secret } });
  const { project_id: project } = (await me.json()) as { project_id: string };
  const own: readonly (readonly [string, string])[] = [
    ['https://api.example.org', url],
    ['ln_8k2m..._...', secret],
    ['8k2m...', id],
    ['RegionOne', region],
    ["'PROJECT'", `'${project}'`],
  ];
  const text = own.reduce((all, [from, to]) => all.replaceAll(from, to), read(`docs/tools/${page}.md`));
  const commands: string[] = [];
  for (const [, name, language, block = ''] of text.matchAll(
    /(?:`([\w.]+)`[^`]*:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm,
  )) {
    if (language === 'sh') commands.push(block);
    else writeFileSync(join(folder, name ?? ''), block);
  }
  const env = {
    PATH: `${program}:${process.env.PATH}`,
    HOME: folder,
    LINGUANOVA_KEY: secret,
    CHECKPOINT_DISABLE: '1',
    GOCACHE: process.env.GOCACHE ?? join(homedir(), '.cache/go-build'),
    GOMODCACHE: process.env.GOMODCACHE ?? join(homedir(), 'go/pkg/mod'),
    ANSIBLE_COLLECTIONS_PATH: join(program, '../collections'),
  };
  const script = ['-euo', 'pipefail', '-c', commands.join('\n')];
  const failure = await run('bash', script, { cwd: folder, env }).then(
    () => '',
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  );
  rmSync(folder, { recursive: true, force: true });
  expect(failure).toBe('');
}
