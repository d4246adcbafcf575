import { type Browser, chromium } from 'playwright-core';
import { debianProgram } from './debian-package.ts';

/** Start-up timeout on a busy machine, in ms. */
const START_MILLISECONDS = 120_000;

/**
 * Debian's Chromium, headless, driven by playwright-core. Where it is missing it is installed, if this is root on a Debian.
 *
 * @returns null, with the reason printed, where it cannot be had; with `CI=true` that is an error.
 */
export async function launchChromium(): Promise<Browser | null> {
  const program = await debianProgram('/usr/bin/chromium', ['chromium', 'fonts-liberation'], 'IN CHROMIUM');
  if (program === null) return null;
  return chromium.launch({
    executablePath: program,
    timeout: START_MILLISECONDS,
    // As root it has no sandbox; in a container /dev/shm is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}
