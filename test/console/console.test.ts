import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { type ConsoleUser, heading, journey, signInAsUser, signInWithKey, statusWith } from './journey.ts';
import { type Visit, visitConsole } from './visit.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
const LONG = { timeout: 600_000 };

// null where there is none, which is printed; in CI that is an error.
const browser: Browser | null = await launchChromium();
afterAll(() => browser?.close());

describe.skipIf(browser === null)('Chromium on a gateway with the sandbox', () => {
  const chromium = browser as Browser;
  let gateway: GatewayProcess;
  let who: ConsoleUser;
  let key: string;
  beforeAll(async () => {
    gateway = await startProcess({ LOG_LEVEL: 'silent', LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN });
    const read = (pattern: RegExp) => pattern.exec(gateway.stdout())?.[1] ?? '';
    key = read(/x-api-key: (\w+)"/);
    who = {
      url: gateway.url,
      userName: read(/user (\S+),/),
      password: read(/password (\S+),/),
      projectName: read(/project (\S+)$/m),
    };
  }, 120_000);
  afterAll(() => gateway.end('SIGTERM'));

  const signedIn = async (name: string, width: number, colorScheme: 'light' | 'dark'): Promise<Visit> => {
    const visit = await visitConsole(chromium, gateway.url, { name, width, colorScheme });
    await signInWithKey(visit.page, key);
    return visit;
  };

  test('a customer signs in, creates, stops and deletes an instance, and manages keys', LONG, async () => {
    await journey(chromium, who, { name: 'sandbox', width: 1280, colorScheme: 'light' });
  });

  test('the same in dark mode on a phone', LONG, async () => {
    await journey(chromium, who, { name: 'phone', width: 360, colorScheme: 'dark' });
  });

  test('works with the keyboard only', LONG, async () => {
    const visit = await signedIn('keyboard', 1280, 'light');
    const { page } = visit;
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.getByRole('row').filter({ hasText: 'web-production-01' }).waitFor();
    expect(await focused(), 'who has signed in begins at the heading').toBe('Instances');
    await page.getByRole('link', { name: 'Skip to content' }).focus();
    await visit.inspect('skip');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Instances');
    const remove = page.getByRole('button', { name: 'Delete web-production-01' });
    await remove.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete web-production-01?' });
    await dialog.waitFor();
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await remove.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Stop web-production-01' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('[data-state=stopped]').nth(1).waitFor();
    await expect.poll(focused, { timeout: 60_000 }).not.toBe('');
    await visit.end();
  });

  test('an invalid field shows its message and gets the focus', LONG, async () => {
    const visit = await signedIn('wrong', 1280, 'light');
    const { page } = visit;
    await page.getByRole('link', { name: 'Create instance' }).click();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill(' padded ');
    await page.getByText('Security groups and user data').click();
    const userData = page.getByLabel('User data');
    await userData.fill('#'.repeat(60_000));
    await page.getByRole('button', { name: 'Create' }).click();
    await expect.poll(() => userData.getAttribute('aria-invalid'), { timeout: 60_000 }).toBe('true');
    const marked = page.locator('[aria-invalid=true]').first();
    expect(await marked.evaluate((element) => element === document.activeElement)).toBe(true);
    await visit.inspect('field');
    await visit.end();
  });

  test('after the rotation of its key a session continues with the successor', LONG, async () => {
    const issue = async (name: string) => {
      const { userName: username, password, projectName: project_name } = who;
      const response = await fetch(`${gateway.url}/v1/api_keys`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, credentials: { username, password, project_name } }),
      });
      return ((await response.json()) as { key: string }).key;
    };
    const [own, other] = [await issue('to rotate: own'), await issue('to rotate: other')];
    const visit = await visitConsole(chromium, gateway.url, {
      name: 'rotate',
      width: 1280,
      colorScheme: 'light',
    });
    const { page } = visit;
    await signInWithKey(page, own);
    await page.getByRole('link', { name: 'API keys' }).click();

    await page.getByRole('button', { name: 'Rotate to rotate: other' }).click();
    await page.getByLabel('Current key').fill(other);
    await visit.inspect('ask');
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    const successor = await page
      .getByRole('dialog', { name: 'Your new key' })
      .getByText(/^ln_\w+$/)
      .innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    expect([await statusWith(gateway.url, successor), await statusWith(gateway.url, other)]).toEqual([
      200, 401,
    ]);

    await page.getByRole('button', { name: 'Rotate to rotate: own' }).click();
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByRole('dialog', { name: 'Your new key' }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row').filter({ hasText: 'this session' }).waitFor();
    expect(await statusWith(gateway.url, own)).toBe(401);
    await page.getByRole('link', { name: 'Instances' }).click();
    await page.getByRole('row').filter({ hasText: 'api-staging' }).waitFor();
    await visit.end();
  });

  test('a session ends in the page when its key is revoked elsewhere', LONG, async () => {
    const visit = await visitConsole(chromium, gateway.url, {
      name: 'ended',
      width: 1280,
      colorScheme: 'light',
    });
    const { page } = visit;
    await signInAsUser(page, who);
    await heading(page, 'Instances');
    await page.getByRole('link', { name: 'API keys' }).click();
    const id = await page.locator('tr', { hasText: 'this session' }).getAttribute('data-id');
    const revoked = await fetch(`${gateway.url}/admin/v1/keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(revoked.status).toBe(204);
    await heading(page, 'Sign in');
    await page.getByText('Your session has expired. Sign in again.').waitFor();
    await visit.end();
  });

  test('a customer chooses a region, of which the page then shows the instances', LONG, async () => {
    const regional = await startProcess({ LOG_LEVEL: 'silent', LINGUANOVA_REGIONS: 'RegionOne,RegionTwo' });
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(`${regional.url}/console`);
    await signInWithKey(page, /x-api-key: (\w+)"/.exec(regional.stdout())?.[1] ?? '');
    const instance = page.getByText('web-production-01').first();
    await instance.waitFor();
    const region = page.getByRole('combobox', { name: 'Region' });
    await region.selectOption('RegionTwo');
    await instance.waitFor({ state: 'detached' });
    await heading(page, 'Instances');
    expect(await region.inputValue()).toBe('RegionTwo');
    await page.getByRole('link', { name: 'Quick start' }).click();
    await page.getByText('/regions/RegionTwo/v1/instances').first().waitFor();
    await region.selectOption('RegionOne');
    await page.getByRole('link', { name: 'Instances' }).click();
    await instance.waitFor();
    await context.close();
    await regional.end('SIGTERM');
  });

  test('operators: keys, plans, audit log, health', LONG, async () => {
    const visit = await visitConsole(chromium, gateway.url, {
      name: 'operator',
      width: 1280,
      colorScheme: 'dark',
    });
    const { page } = visit;
    await page.getByText('Operator').click();
    await page.getByLabel('Admin token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'Invalid admin token' }).waitFor();
    await visit.inspect('refused');
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'Keys');
    await visit.inspect('keys');

    await page.getByRole('link', { name: 'New service key' }).click();
    await page.getByLabel('Name', { exact: true }).fill('made by the operator');
    await page.getByLabel('Project', { exact: true }).fill('719015812e824d5b874b4190dde8f43c');
    await page.getByRole('button', { name: 'Create key' }).click();
    const made = await page
      .getByRole('dialog')
      .getByText(/^ln_\w+$/)
      .innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    const status = async () =>
      (await fetch(`${gateway.url}/v1/instances`, { headers: { 'x-api-key': made } })).status;
    expect(await status()).toBe(200);
    await page.getByRole('button', { name: 'Disable made by the operator' }).click();
    await page.getByRole('button', { name: 'Enable made by the operator' }).waitFor();
    expect(await status()).toBe(401);
    for (const [text, state] of [
      ['no such key', 'detached'],
      ['MADE BY', 'visible'],
    ] as const) {
      await page.getByLabel('Search keys').fill(text);
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('button', { name: 'Enable made by the operator' }).waitFor({ state });
    }

    for (const [link, text] of [
      ['Plans', 'default'],
      ['Audit log', 'key.create'],
      ['Health', 'Key store'],
    ] as const) {
      await page.getByRole('link', { name: link }).click();
      await page.getByText(text).first().waitFor();
      await visit.inspect(link.toLowerCase().replace(' ', '-'));
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in');
    await visit.end();
  });
});
