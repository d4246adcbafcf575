import type { Sandbox } from '../../adapters/sandbox/index.ts';
import { KeystoneAdmin } from './keystone-admin.ts';

/** A request to Nova as the sandbox's administrator. */
export async function novaAsAdmin(sandbox: Sandbox, method: string, path: string, body?: object) {
  const { userName, password, projectName } = sandbox.admin;
  const account = { user: userName, password, project: projectName };
  const admin = new KeystoneAdmin((request) => sandbox.fetch(request), sandbox.authUrl, account);
  const base = sandbox.authUrl.replace('/identity/v3', '/compute/v2.1');
  const response = await sandbox.fetch(
    new Request(base + path, {
      method,
      headers: { 'x-auth-token': await admin.token(), 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
