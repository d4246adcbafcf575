import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultScopes } from '../../src/access/browser-key.ts';
import { issueKey } from '../../src/access/issue-key.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { KeyVerifier } from '../../src/access/key-verifier.ts';
import type { ServerSecret } from '../../src/access/server-secret.ts';
import { wallMs } from '../../src/clock.ts';

/** The demo key expires by itself, in ms: its secret is in a file and on a screen. */
const LIFETIME_MS = 86_400_000;

export interface DemoCustomer {
  readonly projectId: string;
  readonly userId: string;
  readonly applicationCredentialId: string;
  readonly applicationCredentialSecret: string;
}

/** The stored demo key while it is valid for this customer, else a new one, which is stored at `path`. */
export async function demoKey(
  keys: KeyStore,
  secret: ServerSecret,
  customer: DemoCustomer,
  path: string,
): Promise<{ readonly id: string; readonly text: string }> {
  const credential = {
    kind: 'application_credential',
    id: customer.applicationCredentialId,
    secret: customer.applicationCredentialSecret,
  } as const;
  const stored = readStored(path);
  if (stored !== null) {
    const verdict = await new KeyVerifier(keys, secret).verify(stored, null);
    if (verdict.ok && JSON.stringify(verdict.principal.credential) === JSON.stringify(credential)) {
      return { id: verdict.principal.keyId, text: stored };
    }
  }
  const { key, text } = await issueKey(
    keys,
    secret,
    {
      name: 'npm start',
      credential,
      projectId: customer.projectId,
      userId: customer.userId,
      ownsCloudCredential: false,
      credentialExpiresAt: null,
      scopes: defaultScopes([]),
      plan: 'default',
      allowedCidrs: [],
      allowedOrigins: [],
      regions: null,
      expiresAt: new Date(wallMs() + LIFETIME_MS).toISOString(),
    },
    { actor: 'cli', address: null, requestId: null },
  );
  store(path, text);
  return { id: key.id, text };
}

function readStored(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function store(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The mode holds for a new file only.
  rmSync(path, { force: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
}
