import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdminClient } from '../conformance/admin-keys.ts';
import { idOf, sumOf, type UsageItem } from '../conformance/usage.ts';
import { fenced, read, section } from '../docs/pages.ts';
import { type Nodes, startNodes } from '../idempotency/nodes.ts';
import { ADMIN_TOKEN, type RunningGateway } from '../support/gateway.ts';
import type { ReduClient } from '../support/redu-client.ts';

const COMMANDS = fenced(section(read('docs/operating.md'), 'Usage'), 'sh');

const LIMITS = {
  mode: 'enforce',
  plans: [{ name: 'default', points: 12, projectPoints: 1_000, seconds: 600 }],
} as const;

let nodes: Nodes;
let here: RunningGateway;
let there: RunningGateway;
let admin: AdminClient;
beforeAll(async () => {
  nodes = startNodes();
  const node = async () => nodes.node({ limits: LIMITS, usage: (await nodes.shared.openStores()).usage });
  [here, there] = await Promise.all([node(), node()]);
  admin = new AdminClient(here.url, ADMIN_TOKEN);
});
afterAll(() => nodes.close());

const usageOf = async (client: ReduClient, query = '') =>
  (await admin.request('GET', `/usage?key_id=${idOf(client)}${query}`)).body.items as UsageItem[];

async function csv(path: string): Promise<{ lines: string[]; headers: Headers }> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'text/csv' };
  const response = await fetch(here.url + path, { headers });
  const text = await response.text();
  expect(text.endsWith('\r\n')).toBe(true);
  return { lines: text.trimEnd().split('\r\n'), headers: response.headers };
}

describe('counted requests', () => {
  test('a create costs its points, a rejected request none, and a request beyond the plan is an error', async () => {
    const client = await nodes.client(here);
    expect((await client.post('/v1/instances', {})).status).toBe(400);
    for (let n = 0; n < 7; n += 1) expect((await client.get('/v1/flavors')).status).toBe(200);
    for (let n = 0; n < 3; n += 1) expect((await client.get('/v1/flavors')).status).toBe(429);
    expect(sumOf(await usageOf(client))).toEqual([11, 12, 4, 0]);
  });

  test('errors of the cloud are server errors, and a request with a wrong key is not counted', async () => {
    const client = await nodes.client(here);
    await client.get('/v1/me');
    nodes.outcomeOf = () => 'away';
    const { status } = await client.get('/v1/server_groups');
    nodes.outcomeOf = () => 'passes';
    expect(status).toBeGreaterThanOrEqual(502);
    await fetch(`${here.url}/v1/me`, { headers: { 'x-api-key': client.key.replace(/.$/, '!') } });
    expect(sumOf(await usageOf(client))).toEqual([2, 2, 0, 1]);
  });

  test('two nodes add to the same hour', async () => {
    const client = await nodes.client(here);
    const headers = { 'x-api-key': client.key };
    for (const { url } of [here, there, there]) await fetch(`${url}/v1/me`, { headers });
    await there.flush({ all: true });
    expect(sumOf(await usageOf(client))).toEqual([3, 3, 0, 0]);
  });
});

describe('GET /admin/v1/usage', () => {
  const projectUsage = async (query: string) =>
    (await admin.request('GET', `/usage?project_id=${nodes.account.projectId}&${query}`)).body;

  test('sums by project or by key, by hour or by UTC day', async () => {
    const [one, other] = [await nodes.client(here), await nodes.client(here)];
    for (const client of [one, one, other]) await client.get('/v1/me');
    const byKey: UsageItem[] = (await projectUsage('interval=day')).items;
    const ids = byKey.map(({ key_id }) => key_id);
    expect(ids).toEqual(expect.arrayContaining([idOf(one), idOf(other)]));
    expect((await projectUsage('interval=day&group_by=key&group_by=project')).items).toEqual(byKey);
    const [sum, ...more]: UsageItem[] = (await projectUsage('interval=day&group_by=project')).items;
    expect(more.map(({ key_id }) => key_id).filter((id) => id !== null)).toEqual([]);
    expect(sum).toMatchObject({ key_id: null, start: expect.stringMatching(/T00:00:00\.000Z$/) });
    expect(sumOf(sum === undefined ? [] : [sum, ...more])).toEqual(sumOf(byKey));
  });

  test('counts of the hour of `from` and of `to` are included, and nothing outside', async () => {
    const client = await nodes.client(here);
    await client.get('/v1/me');
    const hour = Date.parse((await usageOf(client))[0]?.start ?? '');
    const between = (from: number, to: number) =>
      usageOf(client, `&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`);
    expect(await between(hour + 1_800_000, hour + 1_800_001)).toHaveLength(1);
    expect(await between(hour - 3_600_000, hour)).toEqual([]);
    expect(await between(hour + 3_600_000, hour + 7_200_000)).toEqual([]);
    const local = new Date(hour + 7_200_000).toISOString().replace('Z', '+02:00');
    expect(await usageOf(client, `&from=${local}`)).toHaveLength(1);
    expect(await usageOf(client, `&from=2020-01-01&to=2020-02-01&interval=day`)).toEqual([]);
  });

  test('pages contain each item once, as JSON and as CSV', async () => {
    const all: UsageItem[] = (await projectUsage('')).items;
    expect(all.length).toBeGreaterThan(3);
    const seen: UsageItem[] = [];
    const lines: string[] = [];
    for (let cursor = ''; ; ) {
      const query = `limit=2${cursor}`;
      const page = await projectUsage(query);
      const file = await csv(`/admin/v1/usage?project_id=${nodes.account.projectId}&${query}`);
      seen.push(...page.items);
      expect(file.lines[0]).toBe('start,project_id,key_id,requests,points,client_errors,server_errors');
      lines.push(...file.lines.slice(1));
      const next = /^<\?(.*)>; rel="next"$/.exec(file.headers.get('link') ?? '')?.[1] ?? '';
      expect(new URLSearchParams(next).get('cursor')).toBe(page.next_cursor);
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(all);
    expect(lines).toEqual(all.map((item) => Object.values(item).join(',')));
  });

  test('a cursor of another grouping is 400', async () => {
    const { next_cursor } = await projectUsage('limit=1');
    const { error } = await projectUsage(`limit=1&group_by=project&cursor=${next_cursor}`);
    expect(error.details).toEqual([
      { field: 'cursor', message: 'belongs to another group_by; omit it for the first page' },
    ]);
  });

  test('a cursor of another interval is 400', async () => {
    const at = (start: string) => Buffer.from(JSON.stringify([start, 'acme/'])).toString('base64url');
    const { error } = await projectUsage(
      `interval=day&group_by=project&cursor=${at('2026-11-28T10:00:00.000Z')}`,
    );
    expect(error.details).toEqual([
      { field: 'cursor', message: 'belongs to another interval; omit it for the first page' },
    ]);
  });

  test('the commands of docs/operating.md work as printed', async () => {
    expect(COMMANDS).toHaveLength(1);
    const env = { PATH: process.env.PATH ?? '', URL: here.url, LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN };
    const options = { env, cwd: nodes.shared.folder };
    const strict = 'curl() { command curl --fail-with-body --silent "$@"; }';
    const { stdout } = await promisify(execFile)('sh', ['-ec', [strict, ...COMMANDS].join('\n')], options);
    expect(JSON.parse(stdout).items.length).toBeGreaterThan(0);
    expect(readFileSync(join(nodes.shared.folder, 'usage.csv'), 'utf8')).toMatch(/^start,.*\r\n\d{4}-/);
  });

  test('CSV is sent with its media type, only if it is preferred', async () => {
    const { headers } = await csv('/admin/v1/usage');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('vary')).toContain('Accept');
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    for (const accept of ['*/*', 'text/csv;q=0.5, application/json', 'text/html, */*;q=0.1', 'image/png']) {
      const response = await fetch(`${here.url}/admin/v1/usage`, { headers: { authorization, accept } });
      expect(response.headers.get('content-type'), accept).toBe('application/json');
    }
  });
});
