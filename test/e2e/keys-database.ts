import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { issueKey } from '../../src/access/issue-key.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { runCommand } from '../support/gateway-process.ts';
import { PROJECT } from './wrong-keys-commands.ts';

export const SECRET = Buffer.alloc(32, 7).toString('base64');

export function emptyDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'linguanova-keys-'));
}

/** `linguanova keys` on a database of its own. */
export function database() {
  const env = {
    DATABASE_URL: `sqlite:${join(emptyDirectory(), 'keys.db')}`,
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_SECRET: SECRET,
    LOG_LEVEL: 'silent',
  };
  const keys = (...args: string[]) => runCommand(['keys', ...args], env);
  return {
    env,
    keys,
    async json(...args: string[]) {
      const done = await keys(...args, '--json');
      expect(done, args.join(' ')).toMatchObject({ code: 0, stderr: '' });
      expect(done.stdout).toMatch(/^[^\n]+\n$/);
      return JSON.parse(done.stdout);
    },
  };
}

/** The database without a command, which takes half a second. */
export async function opened(url: string) {
  const keys = await openKeyStore(url);
  const secret = await importServerSecret(SECRET);
  return {
    keys,
    async newKey(): Promise<string> {
      const lasting = {
        ownsCloudCredential: false,
        credentialExpiresAt: null,
        plan: 'default',
        allowedCidrs: [],
        allowedOrigins: [],
        regions: null,
        expiresAt: null,
      };
      const credential = { kind: 'service', projectId: PROJECT } as const;
      const request = { name: 'e2e', userId: '', projectId: PROJECT, scopes: DEFAULT_SCOPES, credential };
      const by = { actor: 'cli', address: null, requestId: null };
      return (await issueKey(keys, secret, { ...request, ...lasting }, by)).key.id;
    },
    [Symbol.asyncDispose]: () => keys.close(),
  };
}
