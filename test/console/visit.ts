/**
 * Chromium on the console, with all that is watched on every visit.
 *
 * @module
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, ConsoleMessage, Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 to AA, and what axe knows to be good practice. */
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Untracked. */
const OUTPUT = join(import.meta.dirname, 'output');

/** What anything may take on a busy machine, milliseconds. */
const PATIENCE = 120_000;

export interface VisitOptions {
  /** The beginning of its screenshots' names. */
  readonly name: string;
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

export interface Visit {
  readonly page: Page;
  /** Everything that was read out to those who do not see it. */
  said(): Promise<readonly string[]>;
  /** Takes a screenshot, and fails on accessibility violations. */
  inspect(what: string): Promise<void>;
  /** Fails when the page was loaded again, said something in the browser's console, or asked something. */
  end(): Promise<void>;
}

/** Opens the console's page. */
export async function visitConsole(browser: Browser, url: string, options: VisitOptions): Promise<Visit> {
  const { name, width, colorScheme } = options;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme,
    // What fades has no contrast to be measured.
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('dialog', (dialog) => trouble.push(`it asks: ${dialog.message()}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswer(message)) trouble.push(message.text());
  });
  let loads = 0;
  page.on('load', () => {
    loads += 1;
  });
  await page.goto(`${url}/console`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const status = document.querySelector('[aria-live]');
    const note = (records: MutationRecord[]) => {
      for (const { addedNodes } of records)
        said.push(...Array.from(addedNodes, ({ textContent }) => textContent ?? ''));
    };
    if (status !== null) new MutationObserver(note).observe(status, { childList: true });
  });
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said);
  let pictures = 0;

  return {
    page,
    said,
    async inspect(what) {
      pictures += 1;
      mkdirSync(OUTPUT, { recursive: true });
      const path = join(OUTPUT, `${name}-${String(pictures).padStart(2, '0')}-${what}.png`);
      await page.screenshot({ path, fullPage: true });
      console.log(`screenshot: ${path}`);
      expect.soft(await violations(page), what).toEqual([]);
      const { wide, room } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        room: document.documentElement.clientWidth,
      }));
      expect.soft(wide, `${what} fits into ${width} px`).toBeLessThanOrEqual(room);
    },
    async end() {
      expect.soft(trouble).toEqual([]);
      expect.soft(loads, 'loaded once').toBe(1);
      await context.close();
    },
  };
}

/** The violations that axe-core finds, a line each. It is injected past the page's content security policy. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (standards) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const { violations: found } = await axe.run(document, { runOnly: standards });
    return found.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target }) => `${impact}: ${id} at ${target.join(' ')}`),
    );
  }, STANDARDS);
}

/** The browser calls every answer of 400 and above an error; what the API answers is the page's to deal with. */
function isAnswer(message: ConsoleMessage): boolean {
  const { pathname } = new URL(message.location().url, 'http://unknown');
  return message.text().startsWith('Failed to load resource: the server responded') && API.test(pathname);
}

const API = /^\/(v1|admin\/v1|console\/session)(\/|$)/;
