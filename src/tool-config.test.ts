import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ComputeError } from './compute/errors.ts';
import { CONFIG_FORMATS, type ConfigSource, configRegion, toolConfig } from './tool-config.ts';

const ODD = `Région "Two" 'x' \${y} %{z} \\n # ;`;
const KEY = 'ln_lt34zc8lrbokxwxw_secret';

const source = (name = 'RegionOne', changed: Partial<ConfigSource> = {}): ConfigSource => ({
  url: 'https://api.example.org/base',
  region: { name, isDefault: name === 'RegionOne', services: ['compute', 'object-store'] },
  keyId: 'lt34zc8lrbokxwxw',
  key: KEY,
  hasNova: true,
  served: new Set(['object-store']),
  ...changed,
});

describe.each(['RegionOne', ODD])('the region %s', (name) => {
  test('is read from clouds.yaml by a parser of YAML', () => {
    expect(parse(toolConfig('clouds.yaml', source(name))).clouds.linguanova).toMatchObject({
      auth_type: 'v3applicationcredential',
      auth: {
        auth_url: 'https://api.example.org/base/identity/v3',
        application_credential_id: 'lt34zc8lrbokxwxw',
        application_credential_secret: KEY,
      },
      region_name: name,
    });
  });

  test('is exported by openrc, which unsets the variables of another account', () => {
    const script = `${toolConfig('openrc', source(name))}env -0`;
    const env = { PATH: process.env.PATH, OS_PASSWORD: 'of another', OS_PROJECT_ID: 'another' };
    const printed = execFileSync('/bin/sh', ['-e', '-c', script], { env, encoding: 'utf8' });
    const variables = Object.fromEntries(printed.split('\0').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(variables).toMatchObject({ OS_REGION_NAME: name, OS_APPLICATION_CREDENTIAL_SECRET: KEY });
    expect(Object.keys(variables)).not.toEqual(expect.arrayContaining(['OS_PASSWORD']));
    expect(variables).not.toHaveProperty('OS_PROJECT_ID');
  });
});

test('a region in terraform starts no template', () => {
  expect(toolConfig('terraform', source(ODD))).toContain('$${y} %%{z}');
});

test('env has the paths of a region that is not the default one', () => {
  expect(parseEnv(toolConfig('env', source()))).toEqual({
    LINGUANOVA_URL: 'https://api.example.org/base',
    LINGUANOVA_KEY: KEY,
  });
  const { LINGUANOVA_URL } = parseEnv(toolConfig('env', source('Region Two')));
  expect(LINGUANOVA_URL).toBe('https://api.example.org/base/regions/Region%20Two');
});

test.each(CONFIG_FORMATS.filter((format) => format !== 'env'))(
  '%s is not implemented without the OpenStack API',
  (format) => {
    expect(() => toolConfig(format, source('RegionOne', { hasNova: false }))).toThrow(ComputeError);
  },
);

test('rclone is not implemented where object storage is missing or not served', () => {
  const without = { name: 'RegionOne', isDefault: true, services: ['compute'] };
  for (const changed of [{ region: without }, { served: new Set<string>() }])
    expect(() => toolConfig('rclone', source('RegionOne', changed))).toThrow('object storage');
  expect(toolConfig('rclone', source())).toContain('type = swift\n');
});

test('a key gets the first region that it may use', () => {
  const regions = ['RegionOne', 'RegionTwo'].map((name) => ({ name, isDefault: false, services: [] }));
  expect(configRegion(regions, null).name).toBe('RegionOne');
  expect(configRegion(regions, ['RegionTwo']).name).toBe('RegionTwo');
  expect(() => configRegion(regions, ['RegionThree'])).toThrow(ComputeError);
});
