import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The variable that names a run's own file of variables, with projects of its own in place of the cloud's customers. */
export const OPENSTACK_ENV_FILE = 'TEST_OPENSTACK_ENV';

/** Where the running OpenStack has its state. */
export function openStackHome(): string {
  return process.env.OPENSTACK_HOME ?? '/tmp/openstack-real';
}

/** The release of that OpenStack. */
export function openStackRelease(): string {
  const name = readFileSync(join(openStackHome(), 'state/release'), 'utf8').trim();
  return name === 'zed' ? 'Zed' : '2026.2';
}

/**
 * The real OpenStack that is running on this machine, as its `env` file has it: the variables `OS_AUTH_URL`,
 * `ACME_APP_CRED_ID` and so on. null when there is none.
 */
export function realOpenStack(): Readonly<Record<string, string>> | null {
  const path = process.env[OPENSTACK_ENV_FILE] ?? join(openStackHome(), 'env');
  return existsSync(path) ? variablesIn(path) : null;
}

/** @param path A file of lines `export NAME='value'`. */
export function variablesIn(path: string): Readonly<Record<string, string>> {
  const variables = readFileSync(path, 'utf8').matchAll(/^export (\w+)=(.*)$/gm);
  return Object.fromEntries(
    [...variables].map(([, name, value = '']) => [name, value.replace(/^(['"])(.*)\1$/, '$2')]),
  );
}
