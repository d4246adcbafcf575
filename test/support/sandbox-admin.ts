import type { Sandbox } from '../../adapters/sandbox/index.ts';
import { KeystoneAdmin } from './keystone-admin.ts';

/** A request to a service of the sandbox as its administrator; `path` as in `/compute/v2.1/servers`. */
export async function asAdmin(sandbox: Sandbox, method: string, path: string, body?: object) {
  const { userName, password, projectName } = sandbox.admin;
  const account = { user: userName, password, project: projectName };
  const admin = new KeystoneAdmin((request) => sandbox.fetch(request), sandbox.authUrl, account);
  const response = await sandbox.fetch(
    new Request(sandbox.authUrl.replace('/identity/v3', path), {
      method,
      headers: { 'x-auth-token': await admin.token(), 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

export const novaAsAdmin = (sandbox: Sandbox, method: string, path: string, body?: object) =>
  asAdmin(sandbox, method, `/compute/v2.1${path}`, body);
