import { expect, test } from 'vitest';
import { auditEntry, storedKey } from '../../test/conformance/key-store/samples.ts';
import { memoryKeyStore } from '../../test/support/memory-key-store.ts';
import { silentLogger } from '../../test/support/silent-logger.ts';
import { wallMs } from '../clock.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { Principal } from './principal.ts';
import { CredentialSweep } from './withdraw-credentials.ts';

const PAST = new Date(wallMs() - 60_000).toISOString();

/** A sweep without a service account, of which the ended credential `old` is due; the cloud gives the next of `verdicts`. */
async function setUp(verdicts: readonly ('gone' | 'refused' | 'failed')[]) {
  const keys = memoryKeyStore();
  await keys.insert(storedKey('1', { cloudCredentialId: 'old', expiresAt: PAST }), auditEntry());
  const next = [...verdicts];
  const asked: string[] = [];
  const deleteCredential: IdentityProvider['deleteCredential'] = async (_userId, id, _call, other) => {
    if (other === undefined || other === null || !('id' in other)) return false;
    asked.push(`${id} by ${other.id}`);
    const verdict = next.shift();
    if (verdict === 'failed') throw new TypeError('fetch failed');
    return verdict === 'gone';
  };
  const sweep = new CredentialSweep({
    keys,
    identities: { deleteCredential } as IdentityProvider,
    log: silentLogger,
    region: 'RegionOne',
  });
  const request = async (credentialId: string) => {
    sweep.served({
      userId: 'acme-user',
      credential: { kind: 'application_credential', id: credentialId, secret: '' },
    } as Principal);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const nextAttempt = async () => {
    await keys.ownedCredentials.postpone('old', PAST);
    await sweep.sweep();
  };
  return { keys, asked, nextAttempt, request };
}

test('after a deletion without a verdict, the next attempt offers it to the same credential again', async () => {
  const { keys, asked, nextAttempt, request } = await setUp(['failed', 'gone']);
  await nextAttempt();
  await request('own');
  await request('own');
  expect(asked, 'one call for each attempt').toEqual(['old by own']);
  await nextAttempt();
  await request('own');
  expect(asked).toEqual(['old by own', 'old by own']);
  expect(await keys.ownedCredentials.due('9999-01-01T00:00:00.000Z', 10)).toEqual([]);
});

test('after a refusal, only other credentials of the user are offered it', async () => {
  const { asked, nextAttempt, request } = await setUp(['refused', 'gone']);
  await nextAttempt();
  await request('restricted');
  await nextAttempt();
  await request('restricted');
  await request('own');
  expect(asked).toEqual(['old by restricted', 'old by own']);
});

test('a deletion without a verdict leaves the others of the user their turn', async () => {
  const { keys, asked, nextAttempt, request } = await setUp(['failed', 'gone']);
  await keys.insert(storedKey('2', { cloudCredentialId: 'other', expiresAt: PAST }), auditEntry());
  await nextAttempt();
  await request('own');
  await request('own');
  expect(new Set(asked)).toEqual(new Set(['old by own', 'other by own']));
});
