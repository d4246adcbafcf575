import { X509Certificate } from 'node:crypto';
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
        type: 'ssh',
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
        type: 'ssh',
        public_key: body.public_key,
        fingerprint: body.fingerprint,
      });
      await acme.delete('/v1/keypairs/conf-made');
    });

    test('x509: a certificate is generated or imported', async () => {
      const made = await acme.post('/v1/keypairs', { name: 'conf-x509', type: 'x509' });
      expect(made.status).toBe(201);
      const { private_key, ...pair } = made.body;
      expect(pair).toEqual({
        name: 'conf-x509',
        type: 'x509',
        public_key: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
        fingerprint: expect.stringMatching(/^[0-9a-f:]{59}$/),
      });
      const { subject, fingerprint } = new X509Certificate(pair.public_key);
      expect([subject, fingerprint]).toEqual([`CN=${target().acme.userId}`, pair.fingerprint.toUpperCase()]);
      expect(Buffer.from(private_key, 'base64')[0]).toBe(0x30);
      const given = { name: 'conf-given', type: 'x509', public_key: pair.public_key };
      expect((await acme.post('/v1/keypairs', given)).body).toEqual({ ...pair, name: 'conf-given' });
      expect((await acme.get('/v1/keypairs/conf-given')).body).toEqual({ ...pair, name: 'conf-given' });
      expect((await acme.get('/v1/keypairs')).body.items).toContainEqual(pair);
      for (const name of ['conf-x509', 'conf-given'])
        expect((await acme.delete(`/v1/keypairs/${name}`)).status).toBe(204);
      for (const wrong of [
        { type: 'x509', public_key: PUBLIC_KEY },
        { type: 'ssh', public_key: pair.public_key },
      ]) {
        const { status, body } = await acme.post('/v1/keypairs', { name: 'conf-wrong', ...wrong });
        expect([status, body.error.code]).toEqual([400, 'badRequest']);
      }
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
