import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { md5 } from './md5.ts';
import { fingerprintOf, generateKeyPair } from './ssh-key.ts';

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('md5', () => {
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57edf4a22be3c955ac49da2e2107b67a',
    ],
  ])('of %j', (text, digest) => {
    expect(hex(md5(new TextEncoder().encode(text)))).toBe(digest);
  });
});

describe('ssh keys', () => {
  it('have the fingerprint that Nova gives (recorded)', () => {
    const key =
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJy rec@example';
    expect(fingerprintOf(key)).toBe('a7:08:8b:86:8a:3d:61:ef:e6:06:fb:da:92:38:14:dd');
  });

  it.each([
    '',
    'nope',
    'ssh-rsa AAAA',
    'ssh-rsa !!!',
    'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJy',
  ])('refuse %j', (text) => {
    expect(fingerprintOf(text)).toBeUndefined();
  });

  it('are real pairs', async () => {
    const { publicKey, privateKey } = await generateKeyPair();
    const jwk = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
    const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
    expect(blob.subarray(4, 11).toString()).toBe('ssh-rsa');
    expect(blob.includes(Buffer.from(jwk.n ?? '', 'base64url'))).toBe(true);
    expect(fingerprintOf(publicKey)).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  });
});
