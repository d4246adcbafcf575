import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { fenced, read, rows, section } from './pages.ts';

const PAGE = read('docs/tools/kubernetes.md');

let target: SandboxTarget;
beforeAll(async () => {
  target = await sandboxTarget();
});
afterAll(() => target?.close());

test('the key of docs/tools/kubernetes.md has the scopes of its table, and its cloud.conf signs in', async () => {
  const [create = '', configure = ''] = fenced(PAGE, 'sh');
  const { userName, password, projectName } = target.acme;
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-page-'));
  const shell = async (script: string, env: Record<string, string>) => {
    const { PATH = '' } = process.env;
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
      cwd: folder,
      env: { PATH, URL: target.url, ...env },
    });
    return stdout;
  };
  const user = { OS_USERNAME: userName, OS_PASSWORD: password, OS_PROJECT_NAME: projectName };
  const { id, key, scopes } = JSON.parse(await shell(create, user));
  const named = rows(section(PAGE, 'Scopes')).flatMap(([, cell = '']) => cell.match(/[\w-]+:\w+/g) ?? []);
  expect([...scopes].sort()).toEqual([...new Set(named)].sort());

  await shell(configure, { KEY: key });
  const conf = readFileSync(join(folder, 'cloud.conf'), 'utf8');
  rmSync(folder, { recursive: true });
  const [printed = ''] = fenced(PAGE, 'ini');
  const filled = printed.replace('https://api.example.org', target.url).replace('"ID"', `"${id}"`);
  expect(conf).toBe(filled.replace('"KEY"', `"${key}"`));

  const response = await fetch(`${/^auth-url = "(.*)"$/m.exec(conf)?.[1]}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['application_credential'], application_credential: { id, secret: key } },
      },
    }),
  });
  expect(response.status).toBe(201);
});
