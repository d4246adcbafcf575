import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeUserData, userDataSchema } from './user-data.ts';

const CLOUD_CONFIG = '#cloud-config\npackages: [nginx]\n';
const decoded = (base64: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));

test.each([CLOUD_CONFIG, '#!/bin/sh\necho "żółw 🐢"\n', 'pass word', 'YQ', 'YQ==='])(
  'encodes %j',
  (plain) => {
    expect(decoded(encodeUserData(plain))).toBe(plain);
  },
);

test.each([
  btoa(CLOUD_CONFIG),
  btoa('{"ignition":{"version":"3.4.0"}}'),
  btoa('<powershell>\r\nGet-Date\r\n</powershell>'),
  btoa('\x1f\x8b\x08\x00\x00\x00\x00\x00'),
  btoa('#!/bin/sh\necho "Gr\xfc\xdfe" > /etc/motd\n'),
  btoa('#!/bin/sh\necho "\x1b[1m"\n'),
  btoa('\x00\xff\xfe\x80'),
])('passes on %s', (base64) => {
  expect(encodeUserData(base64)).toBe(base64);
});

test('unwraps base64 in lines', () => {
  const base64 = btoa(CLOUD_CONFIG.repeat(10));
  expect(encodeUserData(`${base64.replaceAll(/.{76}/g, '$&\n')}\n`)).toBe(base64);
});

test('encodes base64 with stray bits, which no encoder writes', () => {
  expect(encodeUserData('YWJjZB==')).toBe(btoa('YWJjZB=='));
});

test('a text with a space, a colon or a hash in it always comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(' ', ':', '#'), (text, mark) => {
      const plain = (text + mark).toWellFormed();
      expect(decoded(encodeUserData(plain))).toBe(plain);
    }),
  );
});

test('has the limit of Nova, in base64', () => {
  expect(userDataSchema.safeParse(`#${'x'.repeat(49_148)}`).success).toBe(true);
  expect(userDataSchema.safeParse(`#${'x'.repeat(49_151)}`).success).toBe(false);
  expect(userDataSchema.safeParse('#\ud800').success).toBe(false);
});
