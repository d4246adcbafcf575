import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdminClient } from '../conformance/admin-keys.ts';
import { fenced, read, section } from '../docs/pages.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
let admin: AdminClient;
const ids = new Map<string, string>();
beforeAll(async () => {
  target = await sandboxTarget();
  admin = new AdminClient(target.url, target.adminToken);
  for (const [name, project_id] of [
    ['billing', target.acme.projectId],
    ['=HYPERLINK("http://evil.example","x")', target.acme.projectId],
    ['Web shop', target.globex.projectId],
    ['web backup, nightly', target.globex.projectId],
  ] as const) {
    const { status, body } = await admin.request('POST', '/keys', { name, project_id });
    expect(status).toBe(201);
    ids.set(name, body.id);
  }
  await admin.request('PATCH', `/keys/${ids.get('Web shop')}`, { disabled: true });
});
afterAll(() => target.close());

const namesOf = async (query: string) => {
  const { status, body } = await admin.request('GET', `/keys?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ name }: { name: string }) => name);
};

async function csv(path: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${target.adminToken}`, accept: 'text/csv' };
  const response = await fetch(`${target.url}/admin/v1${path}`, { headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  return (await response.text()).trimEnd().split('\r\n');
}

test('keys are searched, filtered by state and sorted', async () => {
  expect(await namesOf('q=WEB&sort=name')).toEqual(['Web shop', 'web backup, nightly']);
  expect(await namesOf('q=web&sort=-name')).toEqual(['web backup, nightly', 'Web shop']);
  expect(await namesOf('q=web&state=disabled')).toEqual(['Web shop']);
  expect(await namesOf(`q=${ids.get('billing')}`)).toEqual(['billing']);
  expect(await namesOf(`q=web&project_id=${target.acme.projectId}`)).toEqual([]);
  expect((await namesOf('sort=-created_at'))[0]).toBe('web backup, nightly');
});

test.each(['name', '-name', 'created_at', '-created_at', 'last_used_at', '-last_used_at'])(
  'pages sorted by %s contain each key once',
  async (sort) => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await admin.request('GET', `/keys?limit=1&sort=${sort}${cursor}`);
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(await namesOf(`sort=${sort}`));
    expect(new Set(seen).size).toBe(4);
  },
);

test('keys as CSV have a line each, and no name is a formula', async () => {
  const [head = '', ...lines] = await csv('/keys?sort=name');
  expect(head).toMatch(/^id,name,state,/);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain(`,"'=HYPERLINK(""http://evil.example"",""x"")",active,`);
  expect(lines.join()).toContain(',"web backup, nightly",active,');
});

test('the commands of docs/operating.md work as printed', async () => {
  const commands = fenced(section(read('docs/operating.md'), 'Keys'), 'sh').filter((block) =>
    block.includes('/audit?'),
  );
  expect(commands).toHaveLength(1);
  const env = { PATH: process.env.PATH ?? '', URL: target.url, LINGUANOVA_ADMIN_TOKEN: target.adminToken };
  const strict = 'curl() { command curl --fail-with-body --silent "$@"; }';
  const { stdout } = await promisify(execFile)('sh', ['-ec', [strict, ...commands].join('\n')], { env });
  expect(stdout).toMatch(/^\{"items":.*sequence,at,/s);
  expect(stdout).toContain(',key.create,');
});

test('the audit log is filtered by action, key, project and time', async () => {
  const list = async (query: string) => {
    const { status, body } = await admin.request('GET', `/audit?${query}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return body.items.map(({ action, key_id }: { action: string; key_id: string }) => [action, key_id]);
  };
  const shop = ids.get('Web shop');
  expect(await list(`key_id=${shop}`)).toEqual([
    ['key.update', shop],
    ['key.create', shop],
  ]);
  expect(await list(`key_id=${shop}&action=key.create`)).toEqual([['key.create', shop]]);
  expect(await list(`project_id=${target.globex.projectId}&action=key.create`)).toHaveLength(2);
  expect(await list(`key_id=${shop}&to=2020-01-01`)).toEqual([]);
  expect(await list(`key_id=${shop}&from=2020-01-01`)).toHaveLength(2);
  const [head, ...lines] = await csv(`/audit?key_id=${shop}`);
  expect(head).toBe('sequence,at,actor,action,key_id,address,request_id,detail');
  expect(lines).toHaveLength(2);
});
