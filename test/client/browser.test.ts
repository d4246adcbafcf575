import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeScript } from '../../build/client.ts';
import { createClient } from '../../src/client/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What a step may take on a busy machine, milliseconds. */
const PATIENCE = 60_000;

const browser: Browser | null = await launchChromium();
afterAll(() => browser?.close());

/** The folder of the example on an origin of its own, with the package's script as its README says. */
async function serveExample(): Promise<{ origin: string; server: Server }> {
  const client = join(mkdtempSync(join(tmpdir(), 'linguanova-client-')), 'index.js');
  await writeScript(client);
  const file = (name: string) => readFileSync(join(ROOT, 'examples/browser', name), 'utf8');
  const files: Readonly<Record<string, [type: string, body: string]>> = {
    '/': ['text/html', file('index.html')],
    '/app.js': ['text/javascript', file('app.js')],
    '/client.js': ['text/javascript', readFileSync(client, 'utf8')],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(body === '' ? 404 : 200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const keyIn = (stdout: string) => /x-api-key: (ln_\w+)/.exec(stdout)?.[1] ?? '';

describe.skipIf(browser === null)('in Chromium', { timeout: 240_000 }, () => {
  if (browser === null) return;
  let example: Awaited<ReturnType<typeof serveExample>>;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    example = await serveExample();
    gateway = await startProcess({ LINGUANOVA_CORS_ORIGINS: example.origin, LOG_LEVEL: 'silent' });
  });
  afterAll(async () => {
    example.server.closeAllConnections();
    example.server.close();
    await gateway.end('SIGTERM');
  });

  test('the example lists instances across origins and shows their changes', async () => {
    const key = keyIn(gateway.stdout());
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(example.origin);
    await page.getByLabel('Gateway').fill(gateway.url);
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('web-production-01: active').waitFor();
    const { instances } = createClient({ baseUrl: gateway.url, apiKey: key });
    const { id } = await instances.create({
      name: 'from-elsewhere',
      flavor_id: 'm1.tiny',
      image_id: 'debian-12-amd64',
    });
    await page.getByText('from-elsewhere: active').waitFor();
    await instances.delete(id);
    await page.getByText('from-elsewhere').waitFor({ state: 'detached' });
    expect(await page.getByRole('alert').textContent()).toBe('');
    await page.close();
  });

  test('an error is readable across origins', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(example.origin);
    await page.getByLabel('Gateway').fill(gateway.url);
    await page.getByLabel('API key').fill('ln_wrong');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('unauthorized: Invalid API key').waitFor();
    await page.close();
  });

  test('a page of an origin that is not allowed cannot read responses', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(example.origin.replace('127.0.0.1', 'localhost'));
    const heard = await page.evaluate(
      async ([url = '', key = '']) =>
        fetch(`${url}/v1/me`, { headers: { 'x-api-key': key } }).then(
          () => 'an answer',
          () => 'nothing',
        ),
      [gateway.url, keyIn(gateway.stdout())],
    );
    expect(heard).toBe('nothing');
    await page.close();
  });
});
