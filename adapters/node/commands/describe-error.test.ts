import { expect, test } from 'vitest';
import { newKeySchema } from '../../../src/access/key-schemas.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { decode } from '../../../src/http/decode.ts';
import { describeError } from './describe-error.ts';
import { COMMANDS } from './specification.ts';

const described = (body: object) => {
  try {
    decode(newKeySchema, body);
  } catch (error) {
    return describeError(error, COMMANDS['keys create'].options);
  }
  throw new Error('was accepted');
};

test('all problems of fields are listed, each by its option', () => {
  expect(
    described({
      name: '',
      application_credential: { id: 'a' },
      allowed_cidrs: ['x'],
      allowed_origins: ['y'],
      expires_at: 'z',
    }),
  ).toMatch(
    /^5 problems:\n {2}--name: .*\n {2}--application-credential-secret: .*\n {2}--expires-at: .*\n {2}--cidr: .*\n {2}--origin: [^\n]*$/,
  );
});

test('a message names the options that it is about', () => {
  expect(described({ name: 'x' })).toBe(
    '--project-id: give either --project-id or --application-credential-id; with a redu cloud, --redu-key',
  );
});

test('a variable that an option sets is named by the option', () => {
  const error = new ConfigError('PORT', 'must be a port', { variable: 'LOG_LEVEL', problem: 'is wrong' });
  expect(describeError(error, COMMANDS.serve.options)).toBe(
    '2 problems:\n  --port must be a port\n  LOG_LEVEL is wrong',
  );
});

test('a defect is shown with its stack', () => {
  expect(describeError(new Error('broken'), {})).toMatch(/^Error: broken\n +at /);
});
