import { expect, test } from 'vitest';
import { scriptedCloud } from '../../../test/support/mock-transport.ts';

function novaOf(version: string) {
  const bodies: string[] = [];
  const cloud = scriptedCloud(({ method, url, body }) => {
    if (url.endsWith('/v2.1'))
      return { status: 200, body: { version: { version, min_version: version && '2.1' } } };
    if (method !== 'POST' || !url.endsWith('/os-keypairs')) return undefined;
    bodies.push(String(body));
    const keypair = { name: 'k', public_key: 'CERTIFICATE', fingerprint: 'aa', private_key: 'P12' };
    return { status: 201, body: { keypair: { ...keypair, ...(version && { type: 'x509' }) } } };
  });
  return { cloud: cloud.open(), bodies };
}

test('x509 is sent by its type', async () => {
  const { cloud, bodies } = novaOf('2.2');
  expect(await cloud.createKeyPair('k', null, 'x509')).toMatchObject({ type: 'x509', privateKey: 'P12' });
  expect(bodies).toEqual(['{"keypair":{"name":"k","type":"x509"}}']);
});

test('without types at Nova x509 is 501 and nothing is sent; ssh has no type', async () => {
  const { cloud, bodies } = novaOf('');
  await expect(cloud.createKeyPair('k', null, 'x509')).rejects.toMatchObject({
    code: 'not_implemented',
    message: expect.stringContaining('2.2'),
  });
  expect(bodies).toEqual([]);
  expect(await cloud.createKeyPair('k', 'ssh-rsa AAAA', 'ssh')).toMatchObject({ type: 'ssh' });
  expect(bodies).toEqual(['{"keypair":{"name":"k","public_key":"ssh-rsa AAAA"}}']);
});
