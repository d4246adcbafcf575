import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleAssets } from '../../adapters/assets/console.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { BrowserClient } from './browser-client.ts';

const ASSETS = await Promise.all(
  Array.from(consoleAssets(), async ([path, { bytes, headers }]) => {
    const body = new TextDecoder().decode(await bytes('identity'));
    return [path, { body, headers }] as const;
  }),
);

describe('the files of the console', () => {
  test.each(ASSETS)(
    '%s has nothing from elsewhere, and a type that is believed',
    (path, { body, headers }) => {
      expect(headers['X-Content-Type-Options']).toBe('nosniff');
      const loads = body.match(/(?:src|href)="(?:https?:)?\/\/|@import|url\(|\bfrom '(?!\.)/g) ?? [];
      expect(loads).toEqual([]);
      const type = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[path.split('.')[1] ?? ''];
      expect(headers['Content-Type']).toBe(`${type ?? 'text/html'}; charset=utf-8`);
    },
  );

  test('include every module that one of them imports', () => {
    const paths = new Set(ASSETS.map(([path]) => path));
    const missing = ASSETS.flatMap(([path, { body }]) =>
      [...body.matchAll(/^(?:import|export) [^;]*?from '([^']+)'/gm)]
        .map(([, specifier = '']) => new URL(specifier, `http://host${path}`).pathname)
        .filter((module) => path.endsWith('.js') && !paths.has(module)),
    );
    expect(missing).toEqual([]);
  });

  test('no script parses text as markup', () => {
    const makers =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\b|new Function/;
    expect(ASSETS.filter(([, { body }]) => makers.test(body)).map(([path]) => path)).toEqual([]);
  });
});

const SECRET = Buffer.alloc(32, 7).toString('base64');

describe('a gateway with an https public URL', () => {
  let gateway: GatewayProcess;
  let page: BrowserClient;
  let key: string;
  beforeAll(async () => {
    gateway = await startProcess({
      LOG_LEVEL: 'silent',
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_SECRET: SECRET,
      LINGUANOVA_PUBLIC_URL: 'https://api.example.org/cloud',
    });
    key = /x-api-key: (\w+)"/.exec(gateway.stdout())?.[1] ?? '';
    page = new BrowserClient(gateway.url, '192.0.2.1');
  });
  afterAll(() => gateway.end('SIGTERM'));

  test('prints the address of the console', async () => {
    await expect.poll(() => gateway.stdout()).toContain('Console: https://api.example.org/cloud/console\n');
  });

  test('serves the page with a policy that allows only its own files', async () => {
    const { status, headers } = await fetch(`${gateway.url}/console`);
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });

  test('responds 304 to a browser that has the file', async () => {
    const first = await fetch(`${gateway.url}/console/style.css`);
    const tag = first.headers.get('etag') ?? '';
    const again = await fetch(`${gateway.url}/console/style.css`, { headers: { 'if-none-match': tag } });
    expect([first.status, again.status, await again.text()]).toEqual([200, 304, '']);
  });

  test('redirects a path with a trailing slash, under which relative links would break', async () => {
    const { status, headers } = await fetch(`${gateway.url}/console/`, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([308, '../console']);
  });

  test('sets a cookie for HTTPS and this host only, and accepts only the origin of its public URL', async () => {
    const own = { 'sec-fetch-site': null, origin: 'https://api.example.org' };
    const { status, headers } = await page.ask('POST', '/console/session', { api_key: key }, own);
    expect(status).toBe(200);
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-linguanova=[\w-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/,
    );
    const names = await page.ask('POST', '/v1/keypairs', { name: '' }, own);
    expect(names.status, 'admitted, with an error about the name').toBe(400);
    const other = { ...own, origin: 'http://api.example.org' };
    expect((await page.ask('POST', '/v1/keypairs', { name: '' }, other)).status).toBe(403);
  });
});

test('LINGUANOVA_CONSOLE=off removes all console routes', async () => {
  const gateway = await startProcess({
    LOG_LEVEL: 'silent',
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_SECRET: SECRET,
    LINGUANOVA_CONSOLE: 'off',
  });
  try {
    expect(gateway.stdout()).not.toContain('/console');
    const page = new BrowserClient(gateway.url, '192.0.2.1');
    expect((await fetch(`${gateway.url}/console`)).status).toBe(404);
    expect((await page.ask('GET', '/console/session')).status).toBe(404);
  } finally {
    await gateway.end('SIGTERM');
  }
});
