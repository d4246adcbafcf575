import { describe, expect, test } from 'vitest';
import { type Config, readConfig } from './config.ts';
import { ConfigError } from './config-error.ts';

const SECRET = btoa('0123456789abcdef0123456789abcdef');
const CLOUD = { OS_AUTH_URL: 'http://127.0.0.1:9/v3', LINGUANOVA_SECRET: SECRET };
const checks = { readCertificates: () => 'PEM' };
const read = (environment: Record<string, string>): Config => readConfig(environment, checks);
const isSandbox = ({ openStack, reduUrl }: Config) => openStack === null && reduUrl === null;

/** The lines of the refusal. */
function refusal(environment: Record<string, string>): string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((one) => `${one.variable} ${one.problem}`);
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the sandbox is served', () => {
  test.each<Record<string, string>>([
    {},
    { OS_AUTH_URL: '', REDU_URL: '', DATABASE_URL: '', HOST: '' },
    {
      PORT: '9000',
      LOG_LEVEL: 'warn',
      LINGUANOVA_PLANS: 'default=10/60',
      LINGUANOVA_ADMIN_TOKEN: 'x'.repeat(16),
    },
    { HOST: 'localhost' },
    { HOST: '127.0.0.2' },
    { HOST: '::1' },
    { NODE_ENV: 'development' },
    { LINGUANOVA_KEY: 'ln_a_b', LINGUANOVA_SERVICE_HOST: '10.0.0.1', LINGUANOVA_PORT: 'tcp://10.0.0.1:80' },
    { LINGUANOVA_PORT_8787_TCP_ADDR: '10.0.0.1' },
  ])('when nothing is configured: %o', (environment) => {
    expect(isSandbox(read(environment))).toBe(true);
  });

  test('when LINGUANOVA_SANDBOX=1 says so, whatever else is set', () => {
    const rest = {
      ...CLOUD,
      REDU_URL: 'http://127.0.0.1:9',
      OS_USERNAME: 'x',
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
    };
    expect(isSandbox(read({ ...rest, LINGUANOVA_SANDBOX: '1' }))).toBe(true);
  });
});

describe('without a cloud the start is refused with one line that names OS_AUTH_URL and LINGUANOVA_SANDBOX', () => {
  test.each<[string, Record<string, string>]>([
    ['OS_AUTH_URI', { OS_AUTH_URI: 'https://keystone.example.org/v3' }],
    ['OS_USERNAME', { OS_AUTH_URL: '', OS_USERNAME: 'svc', OS_PASSWORD: 'hunter2' }],
    ['OS_CLOUD', { OS_CLOUD: 'production' }],
    ['LINGUANOVA_SECRET', { LINGUANOVA_SECRET: SECRET }],
    ['DATABASE_URL', { DATABASE_URL: 'sqlite:keys.db' }],
    ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1' }],
    ['NODE_ENV', { NODE_ENV: 'production' }],
    ['HOST', { HOST: '0.0.0.0' }],
    ['HOST', { HOST: '::' }],
    ['HOST', { HOST: 'gateway.example.org' }],
  ])('%s is set', (name, environment) => {
    const lines = refusal(environment);
    expect(lines).toEqual([expect.stringMatching(/^OS_AUTH_URL .*LINGUANOVA_SANDBOX/)]);
    expect(lines[0]).toContain(name);
    expect(lines[0]).not.toContain('hunter2');
  });
});

describe('an unknown LINGUANOVA_* variable is refused by name, with the nearest known name', () => {
  test.each([
    ['LINGUANOVA_CACHE_SECOND', 'LINGUANOVA_CACHE_SECONDS'],
    ['LINGUANOVA_CORS_ORIGIN', 'LINGUANOVA_CORS_ORIGINS'],
    ['LINGUANOVA_ADMINTOKEN', 'LINGUANOVA_ADMIN_TOKEN'],
    ['LINGUANOVA_TRUSTED_PROXY', 'LINGUANOVA_TRUSTED_PROXIES'],
    ['LINGUANOVA_SECRETS', 'LINGUANOVA_SECRET'],
    ['linguanova_plans', 'LINGUANOVA_PLANS'],
    ['LINGUANVOA_LIMITS', 'LINGUANOVA_LIMITS'],
    ['LINGUANOVA_SERVICES', ''],
    ['LINGUANOVA_PORTS', ''],
    ['LINGUANOVA_KEYS', ''],
  ])('%s', (name, nearest) => {
    const lines = refusal({ ...CLOUD, [name]: 'hunter2' });
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name} .*${nearest}`))]);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('but one that is set to nothing is unset', () => {
    expect(isSandbox(read({ LINGUANOVA_NONSENSE: '' }))).toBe(true);
  });
});

describe('LINGUANOVA_STALE_SECONDS is an alias of LINGUANOVA_STALE_IF_ERROR_SECONDS', () => {
  test.each<[Record<string, string>, number]>([
    [{}, 300],
    [{ LINGUANOVA_STALE_IF_ERROR_SECONDS: '7' }, 7],
    [{ LINGUANOVA_STALE_SECONDS: '8' }, 8],
    [{ LINGUANOVA_STALE_IF_ERROR_SECONDS: '0', LINGUANOVA_STALE_SECONDS: '0' }, 0],
  ])('%o: %i', (environment, seconds) => {
    expect(read(environment).cache.staleSeconds).toBe(seconds);
  });

  test('different values are refused', () => {
    const lines = refusal({ LINGUANOVA_STALE_IF_ERROR_SECONDS: '7', LINGUANOVA_STALE_SECONDS: '8' });
    expect(lines).toEqual([
      expect.stringMatching(/^LINGUANOVA_STALE_SECONDS .*LINGUANOVA_STALE_IF_ERROR_SECONDS/),
    ]);
  });
});

describe('traces', () => {
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  test.each<[Record<string, string>, Config['tracing']]>([
    [{}, null],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, null],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, null],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, null],
    [ENDPOINT, { sampler: 'parentbased_always_on', ratio: 1 }],
    [
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { sampler: 'traceidratio', ratio: 0.25 },
    ],
  ])('%o: %o', (environment, tracing) => {
    expect(read(environment).tracing).toEqual(tracing);
  });

  test.each<Record<string, string>>([
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://127.0.0.1:4317' },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
    { OTEL_TRACES_EXPORTER: 'zipkin' },
    { OTEL_SDK_DISABLED: 'yes' },
    { OTEL_TRACES_SAMPLER: 'sometimes' },
    { OTEL_TRACES_SAMPLER_ARG: '25%' },
    { OTEL_TRACES_SAMPLER_ARG: '1.5' },
  ])('%o is refused by name', (environment) => {
    const [name = ''] = Object.keys(environment);
    expect(refusal(environment)).toEqual([expect.stringMatching(`^${name} must be `)]);
  });
});

test('all errors are listed, each once', () => {
  const lines = refusal({
    PORT: 'abc',
    LINGUANOVA_SECRET: 'x',
    OS_AUTH_URL: 'y',
    OS_USERNAME: 'svc',
    OS_APPLICATION_CREDENTIAL_ID: 'abc',
    LINGUANOVA_LIMIT: 'off',
    LINGUANOVA_PLANS: 'gold',
  });
  const named = lines.map((line) => line.split(' ')[0]);
  expect(named.toSorted()).toEqual([
    'LINGUANOVA_LIMIT',
    'LINGUANOVA_PLANS',
    'LINGUANOVA_SECRET',
    'OS_APPLICATION_CREDENTIAL_SECRET',
    'OS_AUTH_URL',
    'PORT',
  ]);
});

test('what the runtime finds is in the same list', () => {
  const failing = (name: string) => () => {
    throw new ConfigError(name, 'is wrong');
  };
  const environment = {
    ...CLOUD,
    PORT: 'abc',
    OS_CACERT: 'a.pem',
    REDIS_URL: 'x',
    DATABASE_URL: 'sqlite:x/y',
  };
  const run = () =>
    readConfig(environment, {
      readCertificates: failing('OS_CACERT'),
      checkRedisUrl: failing('REDIS_URL'),
      checkDatabaseUrl: failing('DATABASE_URL'),
    });
  expect(run).toThrow(
    /^4 problems:\n {2}PORT .*\n {2}OS_CACERT .*\n {2}REDIS_URL .*\n {2}DATABASE_URL is wrong$/,
  );
});

describe('LINGUANOVA_RECONCILE_MINUTES', () => {
  const account = { ...CLOUD, OS_USERNAME: 'svc', OS_PASSWORD: 'x' };
  test.each<[string, Record<string, string>, number]>([
    ['the sandbox', {}, 0],
    ['the sandbox, given', { LINGUANOVA_RECONCILE_MINUTES: '1' }, 1],
    ['a cloud without a service account', CLOUD, 0],
    ['a cloud with a service account', account, 15],
    ['a cloud with a service account, given', { ...account, LINGUANOVA_RECONCILE_MINUTES: '60' }, 60],
    ['a cloud with a service account, off', { ...account, LINGUANOVA_RECONCILE_MINUTES: '0' }, 0],
  ])('%s', (_, environment, minutes) => {
    expect(read(environment).reconcileMinutes).toBe(minutes);
  });

  const redu = { REDU_URL: 'http://127.0.0.1:9', LINGUANOVA_SECRET: SECRET };
  test.each<Record<string, string>>([CLOUD, redu])('without a service account it is refused', (cloud) => {
    expect(refusal({ ...cloud, LINGUANOVA_RECONCILE_MINUTES: '15' })).toEqual([
      expect.stringMatching(/^LINGUANOVA_RECONCILE_MINUTES requires a service account/),
    ]);
  });
});
