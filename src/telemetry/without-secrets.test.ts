import { expect, test } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

const SECRET = 'mj65EOtFlexBk39M4PLwssKHsy4ekpMAZ0S8SGA';

test.each([
  `ln_k_${SECRET}`,
  `LN_k_${SECRET}`,
  `ln%5fk%5F${SECRET}`,
  `%6C%6E_k_${SECRET}`,
  `lnt_${SECRET}==`,
  'sixteen.letters!',
])('%s is redacted in a path and in a user agent', (secret) => {
  expect(withoutSecrets(`/v1/keypairs/${secret}/x`)).toBe('/v1/keypairs/REDACTED/x');
  expect(withoutSecrets(`curl/8.5.0 (${secret}; x)`)).toBe('curl/8.5.0 (REDACTED; x)');
});

test.each([
  '/compute/v2.1/servers/3fa85f64-5717-4562-b3fc-2c963f66afa6/os-volume_attachments',
  '/networking/v2.0/security-group-rules',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'python-openstackclient/8.0.0 keystoneauth1/5.10.0',
])('%s is unchanged', (text) => {
  expect(withoutSecrets(text)).toBe(text);
});
