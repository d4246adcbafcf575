import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonTool } from '../install.ts';
import type { ToolGateway } from '../ways.ts';

export const VERSION = '4.32.5';
const ROOT = join(import.meta.dirname, '../../..');
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Of the gateway under test: each request from an address of its own. */
export const VARIABLES = { LINGUANOVA_TRUSTED_PROXIES: '127.0.0.1/32', LINGUANOVA_LIMITS: 'off' };

export interface ContractRun {
  readonly requests: number;
  /** What `schemathesis run` printed of its failures; empty: none. */
  readonly failures: string;
}

/** The folder of the program; null where it cannot be installed. */
export function install(): Promise<string | null> {
  return pythonTool('schemathesis', [`schemathesis==${VERSION}`]).catch(() => null);
}

/**
 * `schemathesis run` with the settings of `schemathesis.toml`.
 *
 * @param customer The field of `POST /admin/v1/keys` that names the customer at the cloud.
 * @param options Phases, number of examples, seed.
 */
export async function runContract(
  folder: string,
  { url, adminToken }: ToolGateway,
  customer: object,
  options: readonly string[],
): Promise<ContractRun> {
  const report = join(mkdtempSync(join(tmpdir(), 'linguanova-schemathesis-')), 'report.ndjson');
  const args = ['--config-file', join(ROOT, 'schemathesis.toml'), 'run', `${url}/openapi.json`];
  const env = {
    PATH: process.env.PATH ?? '',
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'sign_in.py'),
    GATEWAY_URL: url,
    GATEWAY_ADMIN_TOKEN: adminToken,
    GATEWAY_CUSTOMER: JSON.stringify(customer),
  };
  const reports = ['--report', 'ndjson', '--report-ndjson-path', report, '--generation-database', 'none'];
  const finished = await promisify(execFile)(
    join(folder, 'bin/schemathesis'),
    [...args, ...reports, ...options],
    { cwd: tmpdir(), env, maxBuffer: OUTPUT_BYTES },
  ).catch((error: { stdout: string; stderr: string }) => error);
  const failures = /=+ (FAILURES|ERRORS) =+[\s\S]*/.exec(finished.stdout)?.[0] ?? finished.stderr;
  const requests = readFileSync(report, 'utf8').match(/"status_code":/g)?.length ?? 0;
  return { requests, failures };
}
