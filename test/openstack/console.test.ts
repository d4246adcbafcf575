import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { journey } from '../console/journey.ts';
import { launchChromium } from '../support/chromium.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { requireOpenStack } from './target.ts';

const browser: Browser | null = await launchChromium();
afterAll(() => browser?.close());

describe.skipIf(browser === null)('Chromium on a gateway with the real OpenStack', () => {
  const variables = requireOpenStack();
  const read = (name: string) => variables[name] ?? '';
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await startProcess({
      LOG_LEVEL: 'warn',
      LINGUANOVA_SECRET: Buffer.alloc(32, 7).toString('base64'),
      OS_AUTH_URL: read('OS_AUTH_URL'),
      OS_REGION_NAME: read('OS_REGION_NAME'),
      OS_USERNAME: read('ADMIN_USER'),
      OS_PASSWORD: read('ADMIN_PASSWORD'),
      OS_PROJECT_NAME: read('ADMIN_PROJECT'),
    });
  });
  afterAll(() => gateway.end('SIGTERM'));

  test('signs in, creates, changes and deletes an instance', { timeout: 600_000 }, async () => {
    const who = {
      url: gateway.url,
      userName: read('ACME_USER'),
      password: read('ACME_PASSWORD'),
      projectName: read('ACME_PROJECT'),
    };
    await journey(browser as Browser, who, { name: 'openstack', width: 1280, colorScheme: 'light' });
  });
});
