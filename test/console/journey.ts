import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Visit, type VisitOptions, visitConsole } from './visit.ts';

/** Whose console it is, and where. */
export interface ConsoleUser {
  readonly url: string;
  readonly userName: string;
  readonly password: string;
  readonly projectName: string;
}

const MARKUP = '<img src=x onerror="alert(1)">';
/** Interval and duration of polling for effects outside the page, in ms. */
const LOOKS = { interval: 500, timeout: 120_000 };

/**
 * What a customer comes for: signs in, issues a key, creates an instance with a public address and sees it become active, stops
 * and deletes it, revokes the key, signs out. All on one page that is loaded once.
 */
export async function journey(browser: Browser, who: ConsoleUser, options: VisitOptions): Promise<void> {
  const visit = await visitConsole(browser, who.url, options);
  const { page } = visit;
  await visit.inspect('sign-in');
  await signInAsUser(page, who);
  await heading(page, 'Instances');
  expect(await page.evaluate(() => document.cookie), 'no script sees the session').toBe('');

  const keyName = `journey ${Date.now()}`;
  const key = await issueKey(visit, who, keyName);
  expect(await statusWith(who.url, key)).toBe(200);

  const name = `journey-${Date.now()} ${MARKUP}`;
  await createInstance(visit, name);
  const row = page.getByRole('row').filter({ hasText: name });
  await row.locator('[data-state=active]').waitFor();
  await row.getByText(/^\d+\.\d+\.\d+\.\d+$/).waitFor();
  expect(await visit.said()).toContain(`${name} is active`);
  expect(await page.locator('main img').count(), 'a name is no markup').toBe(0);
  await visit.inspect('active');

  await row.getByRole('link').click();
  await heading(page, name);
  await page.getByText(/^ssh \w+@\d/).waitFor();
  await visit.inspect('instance');
  await page.getByRole('button', { name: `Stop ${name}` }).click();
  await page.locator('main [data-state=stopped]').waitFor();
  await visit.inspect('stopped');

  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('dialog').waitFor();
  await visit.inspect('delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await heading(page, 'Instances');
  await row.waitFor({ state: 'detached' });
  expect(await visit.said()).toContain(`${name} is deleted`);

  await page.getByRole('link', { name: 'Usage and limits' }).click();
  await page.getByRole('img', { name: /^Instances: \d+ of \d+/ }).waitFor();
  await visit.inspect('usage');
  await page.getByRole('link', { name: 'Quick start', exact: true }).click();
  await page.getByLabel('Key', { exact: true }).selectOption({ label: await labelOf(page, keyName) });
  await page.getByText(`--os-application-credential-id ${key.split('_')[1]}`).waitFor();
  await visit.inspect('code');

  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: `Revoke ${keyName}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: `Revoke ${keyName}` }).waitFor({ state: 'detached' });
  await expect.poll(() => statusWith(who.url, key), LOOKS).toBe(401);
  await visit.inspect('revoked');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'Sign in');
  await visit.end();
}

export async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

export async function signInAsUser(page: Page, who: ConsoleUser): Promise<void> {
  await page.getByText('Cloud user').click();
  await page.getByLabel('User', { exact: true }).fill(who.userName);
  await page.getByLabel('Password').fill(who.password);
  await page.getByLabel('Project', { exact: true }).fill(who.projectName);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function signInWithKey(page: Page, key: string): Promise<void> {
  // The way to sign in has the same name.
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, 'Instances');
}

/** The text of a new key, as the page shows it once. */
async function issueKey(visit: Visit, who: ConsoleUser, name: string): Promise<string> {
  const { page } = visit;
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('link', { name: 'Issue a key' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password').fill(who.password);
  await visit.inspect('issue');
  await page.getByRole('button', { name: 'Issue key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your new key' });
  const key = await dialog.getByText(/^ln_\w+$/).innerText();
  await visit.inspect('issued');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('rowheader', { name }).waitFor();
  expect(await page.content(), 'shown once').not.toContain(key);
  await visit.inspect('keys');
  return key;
}

async function createInstance(visit: Visit, name: string): Promise<void> {
  const { page } = visit;
  await page.getByRole('link', { name: 'Instances' }).click();
  await page.getByRole('link', { name: 'Create instance' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Public address').check();
  await page.getByLabel('SSH', { exact: true }).check();
  await visit.inspect('create');
  await page.getByRole('button', { name: 'Create' }).click();
  await heading(page, 'Instances');
}

async function labelOf(page: Page, keyName: string): Promise<string> {
  const option = page.getByRole('option').filter({ hasText: keyName });
  return (await option.textContent()) ?? '';
}

/** What the API answers to a key. */
export async function statusWith(url: string, key: string): Promise<number> {
  return (await fetch(`${url}/v1/instances`, { headers: { 'x-api-key': key } })).status;
}
