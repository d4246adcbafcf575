import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
export const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

/** wrangler without a word to anybody outside. */
export const OFFLINE = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? tmpdir(),
  CI: '1',
  NO_COLOR: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

/**
 * The script that `wrangler deploy` would upload.
 *
 * @param config Path of a `wrangler.toml`, from the root.
 */
export async function bundled(config: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-bundle-'));
  try {
    const args = [WRANGLER, 'deploy', '--dry-run', '--config', config, '--outdir', folder];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: OFFLINE });
    return readFileSync(join(folder, 'worker.js'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
