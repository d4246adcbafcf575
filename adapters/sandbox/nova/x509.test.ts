import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { certificateFingerprint, generateCertificate } from './x509.ts';

const NOW = Date.parse('2026-11-29T23:49:36Z');

it('generates a certificate as Nova does (recorded)', async () => {
  const { publicKey, privateKey } = await generateCertificate('db38', NOW);
  const certificate = new X509Certificate(publicKey);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate).toMatchObject({
    subject: 'CN=db38',
    issuer: 'CN=db38',
    validFrom: 'Nov 29 23:49:36 2026 GMT',
    validTo: 'Nov 26 23:49:36 2036 GMT',
    keyUsage: ['1.3.6.1.5.5.7.3.2'],
  });
  expect((await certificateFingerprint(publicKey))?.toUpperCase()).toBe(certificate.fingerprint);
  const pkcs12 = Buffer.from(privateKey, 'base64');
  expect(pkcs12.includes(certificate.raw)).toBe(true);
});

it.each(['', 'ssh-rsa AAAA', '-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----'])(
  'has no fingerprint of %j',
  async (text) => {
    expect(await certificateFingerprint(text)).toBeUndefined();
  },
);
