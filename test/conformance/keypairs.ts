import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import type { Target } from './target.ts';

const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlb1uzRBMhQqWmtpTQQRs3fJnLXCbq9dq3ZPHrkhQxV user@example.org';

export function keypairConformance(target: () => Target): void {
  describe('key pairs', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test('import, show, list, delete', async () => {
      const created = await acme.post('/v1/keypairs', { name: 'conf-imported', public_key: PUBLIC_KEY });
      expect(created.status).toBe(201);
      const imported = {
        name: 'conf-imported',
        public_key: PUBLIC_KEY,
        fingerprint: expect.stringMatching(/^[0-9a-f:]{47}$/),
      };
      expect(created.body).toEqual(imported);
      expect((await acme.get('/v1/keypairs/conf-imported')).body).toEqual(imported);
      expect((await acme.get('/v1/keypairs')).body.items).toContainEqual(imported);
      const twice = await acme.post('/v1/keypairs', { name: 'conf-imported', public_key: PUBLIC_KEY });
      expect([twice.status, twice.body.error.code]).toEqual([409, 'conflictingRequest']);
      expect((await acme.delete('/v1/keypairs/conf-imported')).status).toBe(204);
      expect((await acme.get('/v1/keypairs/conf-imported')).status).toBe(404);
      expect((await acme.delete('/v1/keypairs/conf-imported')).status).toBe(404);
    });

    test('without public_key a pair is generated and its private key returned once', async () => {
      const { status, body } = await acme.post('/v1/keypairs', { name: 'conf-made' });
      expect(status).toBe(201);
      expect(body.private_key).toMatch(/^-----BEGIN [A-Z ]*PRIVATE KEY-----/);
      expect((await acme.get('/v1/keypairs/conf-made')).body).toEqual({
        name: 'conf-made',
        public_key: body.public_key,
        fingerprint: body.fingerprint,
      });
      await acme.delete('/v1/keypairs/conf-made');
    });

    test('a malformed public key is 400 with the reason', async () => {
      const { status, body } = await acme.post('/v1/keypairs', {
        name: 'conf-bad',
        public_key: 'ssh-rsa nonsense',
      });
      expect([status, body.error.code]).toEqual([400, 'badRequest']);
    });
  });
}
