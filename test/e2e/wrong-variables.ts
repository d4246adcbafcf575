/** A configuration that must not start. */
export interface WrongVariables {
  /** The variable that the message must name. */
  readonly named: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the message must not repeat. */
  readonly secret?: string;
}

const SECRET = Buffer.alloc(32, 7).toString('base64');
const CLOUD = { OS_AUTH_URL: 'http://127.0.0.1:9/v3', LINGUANOVA_SECRET: SECRET };

export const WRONG_VARIABLES: readonly WrongVariables[] = [
  ...['http', '-1', '65536', '80.5', '0x50', ' 8787', '8787 '].map((PORT) => wrong({ PORT })),
  ...['no.such.host.invalid', '203.0.113.7', '127.0.0.1:8787', 'http://127.0.0.1'].map((HOST) =>
    wrong({ HOST }),
  ),
  ...['loud', 'INFO'].map((LOG_LEVEL) => wrong({ LOG_LEVEL })),
  ...['hunter2hunter2', `${SECRET}AAAA`, SECRET.slice(0, 40), '*'.repeat(44)].map((LINGUANOVA_SECRET) =>
    wrong({ LINGUANOVA_SECRET }, LINGUANOVA_SECRET),
  ),
  wrong({ LINGUANOVA_ADMIN_TOKEN: 'hunter2' }, 'hunter2'),
  ...['default=0/60', 'gold=10/60', 'default=10', 'default=10/60/0', 'default=10/60,default=20/60'].map(
    (LINGUANOVA_PLANS) => wrong({ LINGUANOVA_PLANS }),
  ),
  ...['read=0', 'list=1', 'read=1,read=2'].map((LINGUANOVA_COSTS) => wrong({ LINGUANOVA_COSTS })),
  ...['app.example.org', 'https://app.example.org/', '*,https://a.example', 'https://a.example;', 'null'].map(
    (LINGUANOVA_CORS_ORIGINS) => wrong({ LINGUANOVA_CORS_ORIGINS }),
  ),
  wrong({ LINGUANOVA_LIMITS: 'on' }),
  ...['100', '0/10', '10/5', 'all/all', '10/5/20', '10/30/20', '1/2/3/4'].map((LINGUANOVA_EVENT_STREAMS) =>
    wrong({ LINGUANOVA_EVENT_STREAMS }),
  ),
  wrong({ LINGUANOVA_CONSOLE: 'yes' }),
  ...['api.example.org', 'redis://a'].map((REDU_URL) => wrong({ REDU_URL, LINGUANOVA_SECRET: SECRET })),
  { named: 'REDU_URL', environment: { REDU_URL: 'http://127.0.0.1:9', ...CLOUD } },
  ...['redis://:hunter2@cache:port', 'http://:hunter2@cache', 'redis://:hunter2@a,b/1'].map((REDIS_URL) =>
    wrong({ REDIS_URL }, 'hunter2'),
  ),
  ...['keystone', '127.0.0.1:5000', 'ftp://keystone/v3', 'file:///etc/passwd', 'http://'].map(
    (OS_AUTH_URL) => ({ named: 'OS_AUTH_URL', environment: { ...CLOUD, OS_AUTH_URL } }),
  ),
  { named: 'LINGUANOVA_SECRET', environment: { OS_AUTH_URL: CLOUD.OS_AUTH_URL } },
  ...['private', 'publicURL'].map((OS_INTERFACE) => ({
    named: 'OS_INTERFACE',
    environment: { ...CLOUD, OS_INTERFACE },
  })),
  { named: 'OS_CACERT', environment: { ...CLOUD, OS_CACERT: 'no/such/file.pem' } },
  { named: 'OS_CACERT', environment: { ...CLOUD, OS_CACERT: '/dev/null' } },
  {
    named: 'OS_APPLICATION_CREDENTIAL_SECRET',
    environment: { ...CLOUD, OS_APPLICATION_CREDENTIAL_ID: '0123456789abcdef' },
  },
  { named: 'OS_PASSWORD', environment: { ...CLOUD, OS_USERNAME: 'operator' } },
  { named: 'OS_PASSWORD', environment: { ...CLOUD, OS_USER_ID: '0123456789abcdef' } },
];

function wrong(environment: Readonly<Record<string, string>>, secret?: string): WrongVariables {
  const [named = ''] = Object.keys(environment);
  return {
    named,
    environment: { LINGUANOVA_SANDBOX: '1', ...environment },
    ...(secret !== undefined && { secret }),
  };
}
