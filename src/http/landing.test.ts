import { expect, test } from 'vitest';
import { VERSION } from '../version.ts';
import { landing } from './landing.ts';
import { isDirect, publicUrl } from './public-url.ts';

const URL = 'https://api.example.org/cloud';

test.each([true, false])('GET / lists the entry points; console: %s', async (hasConsole) => {
  const response = await landing(
    () => URL,
    hasConsole,
    () => true,
  ).request('/', { headers: { accept: '*/*' } });
  expect(response.headers.get('vary')).toBe('Accept');
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      name: 'linguanova',
      version: VERSION,
      api: `${URL}/v1`,
      openstack_auth_url: `${URL}/identity/v3`,
      documentation: `${URL}/docs`,
      contract: `${URL}/openapi.json`,
      ...(hasConsole && { console: `${URL}/console` }),
      health: `${URL}/healthz`,
    },
  ]);
});

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('a browser gets the version and the links as a page', async () => {
  const response = await landing(
    () => URL,
    true,
    () => true,
  ).request('/', { headers: { accept: BROWSER } });
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  const text = await response.text();
  expect(text).toContain(`linguanova ${VERSION}`);
  for (const path of ['docs', 'openapi.json', 'console', 'healthz'])
    expect(text).toContain(`<a href="${URL}/${path}">`);
});

test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.5', 'image/png'])(
  'Accept: %s gets JSON',
  async (accept) => {
    const response = await landing(
      () => URL,
      true,
      () => true,
    ).request('/', accept ? { headers: { accept } } : {});
    expect(response.headers.get('content-type')).toBe('application/json');
  },
);

test.each([
  ['direct access', null, null, true],
  ['a public URL', URL, null, false],
  ['a forwarded origin', null, 'api.example.org', false],
] as const)('with %s health is linked only if no proxy hides it', async (_, configured, host, isLinked) => {
  const forwarded = () => ({ scheme: null, host });
  const app = landing(publicUrl(configured, forwarded), true, isDirect(configured, forwarded));
  expect('health' in (await (await app.request('/')).json())).toBe(isLinked);
});

test('an address with markup is escaped', async () => {
  const page = landing(
    () => 'https://x/"><script>',
    true,
    () => true,
  );
  const text = await (await page.request('/', { headers: { accept: BROWSER } })).text();
  expect(text).not.toContain('<script>');
});
