import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The real OpenStack that is running on this machine, as its `env` file has it: the variables `OS_AUTH_URL`,
 * `ACME_APP_CRED_ID` and so on. null when there is none.
 */
export function realOpenStack(): Readonly<Record<string, string>> | null {
  const path = join(process.env.OPENSTACK_HOME ?? '/tmp/openstack-real', 'env');
  if (!existsSync(path)) return null;
  const variables = readFileSync(path, 'utf8').matchAll(/^export (\w+)=(.*)$/gm);
  return Object.fromEntries(
    [...variables].map(([, name, value = '']) => [name, value.replace(/^(['"])(.*)\1$/, '$2')]),
  );
}
