import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashKeySecret, importServerSecret, seal, timingSafeEqual, unseal } from './server-secret.ts';

const server = await importServerSecret(btoa('0123456789abcdef0123456789abcdef'));
const otherServer = await importServerSecret(btoa('fedcba9876543210fedcba9876543210'));
const KEY = 's1';
const OF = { id: 'k1', familyId: 'f1', projectId: 'p1', userId: 'u1' };
const CREDENTIAL = { kind: 'application_credential', id: 'ac', secret: 'very secret' };

describe('the seal', () => {
  test('opens with the same server and key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.string(), fc.string(), async (value, id, secret) => {
        const sealed = await seal(server, secret, { ...OF, id }, value);
        expect(await unseal(server, secret, { ...OF, id }, sealed)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('does not open without the customer’s secret, the server’s, or in another row', async () => {
    const sealed = await seal(server, KEY, OF, CREDENTIAL);
    expect(await unseal(server, 's2', OF, sealed)).toBeNull();
    expect(await unseal(otherServer, KEY, OF, sealed)).toBeNull();
    for (const other of [
      { id: 'k2' },
      { familyId: 'f2' },
      { projectId: 'p2' },
      { userId: 'u2' },
      { userId: null },
    ]) {
      expect(await unseal(server, KEY, { ...OF, ...other }, sealed)).toBeNull();
    }
    expect(new TextDecoder('latin1').decode(sealed)).not.toContain('secret');
  });

  test('any altered byte is detected', async () => {
    const sealed = await seal(server, KEY, OF, CREDENTIAL);
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.with(at, (sealed[at] ?? 0) ^ 1);
      expect(await unseal(server, KEY, OF, altered)).toBeNull();
    }
    expect(await unseal(server, KEY, OF, sealed.slice(0, 5))).toBeNull();
  });

  test('the same credential is sealed differently each time', async () => {
    expect(await seal(server, KEY, OF, CREDENTIAL)).not.toEqual(await seal(server, KEY, OF, CREDENTIAL));
  });
});

describe('the hash of a key', () => {
  test('depends on the server’s secret', async () => {
    expect(hashKeySecret(server, 'x')).toEqual(hashKeySecret(server, 'x'));
    expect(hashKeySecret(server, 'x')).not.toEqual(hashKeySecret(otherServer, 'x'));
    expect(hashKeySecret(server, 'x')).not.toEqual(hashKeySecret(server, 'y'));
  });

  test('timing-safe comparison agrees with equality', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(timingSafeEqual(a, b)).toBe(a.join() === b.join());
        expect(timingSafeEqual(a, a.slice())).toBe(true);
      }),
    );
  });
});

test.each(['', 'c2hvcnQ=', 'not base64!', btoa('x'.repeat(33))])(
  '"%s" is not a server secret',
  async (text) => {
    await expect(importServerSecret(text)).rejects.toThrow('must be 32 bytes in base64');
  },
);
