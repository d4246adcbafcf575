import type { AdminToken } from '../access/admin-tokens.ts';
import { isInside } from '../access/ip-address.ts';
import type { CacheOptions } from '../traffic/cache/cached.ts';
import type { StreamLimits } from '../traffic/events/stream-slots.ts';
import type { LimitOptions } from '../traffic/limit/limit.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { Environment } from './environment.ts';
import { unknownNames } from './unknown-names.ts';

const DEFAULT_STALE_IF_ERROR_SECONDS = 300;

type Reference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { id: string } | { name: string } };

/** The operator's own account at the cloud, as the `openstack` client's variables describe it. */
export type ServiceAccount =
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
  | {
      readonly kind: 'password';
      readonly user: Reference;
      readonly password: string;
      readonly project: Reference | null;
    };

/** The cloud to serve, and the operator's account there. */
export interface OpenStackConfig {
  readonly authUrl: string;
  readonly region: string | null;
  readonly interface: 'public' | 'internal' | 'admin';
  /** PEM. */
  readonly ca: string | undefined;
  readonly serviceAccount: ServiceAccount | null;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** null: `reduUrl`, else the sandbox, which is never served by mistake. */
  readonly openStack: OpenStackConfig | null;
  /** In its place: the address of a cloud that speaks redu. null: none. */
  readonly reduUrl: string | null;
  /** 32 bytes, base64; null: made and kept, which only the sandbox may. */
  readonly secret: string | null;
  /** Still opens what was sealed with it; null: none. */
  readonly previousSecret: string | null;
  /** Bearer tokens of `/admin`; empty: there is no `/admin`, unless the sandbox makes one up. */
  readonly adminTokens: readonly AdminToken[];
  /** Where keys are kept: `sqlite:PATH` or `postgres://...`. Secret: it may hold a password. */
  readonly databaseUrl: string;
  /** What the nodes share: one URL, or several hosts of a cluster. Secret: it may hold a password. null: in process. */
  readonly redisUrl: string | null;
  readonly limits: LimitOptions;
  /** Where clients find the gateway; null: where each request has. */
  readonly publicUrl: string | null;
  /** Origins whose pages may read answers; `*`: any. */
  readonly corsOrigins: readonly string[] | '*';
  /** Whether there is a console at `/console`. */
  readonly console: boolean;
  /** What the head of a passed-through response may take. */
  readonly upstreamTimeoutMs: number;
  readonly cache: CacheOptions;
  /** Streams of events that this process holds open. */
  readonly streams: StreamLimits;
  /** How long a client's connection may be idle between two requests, in seconds. */
  readonly keepAliveSeconds: number;
  /** Networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  /** How long entries of the audit log are kept. */
  readonly auditDays: number;
}

/** What only the runtime can judge. Each throws `ConfigError`. */
export interface RuntimeChecks {
  /** The certificates at a path (`OS_CACERT`), in PEM. */
  readonly readCertificates: (path: string) => string;
  readonly checkRedisUrl?: (url: string) => void;
  readonly checkDatabaseUrl?: (url: string) => void;
  /** False for commands that open no key; true unless given. */
  readonly needsSecret?: boolean;
  /** False for commands that only read and write the store; true unless given. */
  readonly needsCloud?: boolean;
}

/**
 * The configuration that `environment` describes; variables that the runtime has no use for are checked all the same.
 *
 * @throws ConfigError that lists everything that is wrong.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  checks: RuntimeChecks,
): Config {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value) given[name] = value;
  const unknown = unknownNames(Object.keys(given), Object.keys(Environment.shape));
  const parsed = Environment.safeParse(given);
  const wrong = new Map(parsed.error?.issues.map(({ path, message }) => [String(path[0]), message]));
  const problems: Problem[] = [
    ...unknown.map(({ name, nearest }) => ({
      variable: name,
      problem: `is not a variable of linguanova; did you mean ${nearest}?`,
    })),
    ...[...wrong].map(([variable, problem]) => ({ variable, problem })),
  ];
  // The others are examined as if the wrong ones were unset, so that one error hides no other.
  const usable = Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name)));
  const variables = parsed.data ?? Environment.parse(usable);
  const collect = <Value>(work: () => Value): Value | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems.filter(({ variable }) => !wrong.has(variable)));
      return undefined;
    }
  };
  const { OS_CACERT: certificates, REDIS_URL: redisUrl } = variables;
  const isSandbox = variables.LINGUANOVA_SANDBOX !== undefined;
  if (!isSandbox) collect(() => checkCloud(given, checks));
  const isOpenStack = !isSandbox && given.OS_AUTH_URL !== undefined;
  const ca = isOpenStack && certificates ? collect(() => checks.readCertificates(certificates)) : undefined;
  const account = isOpenStack ? collect(() => serviceAccount(variables)) : undefined;
  collect(() => checkSecrets(variables));
  collect(() => staleIfErrorSeconds(variables));
  if (redisUrl !== undefined) collect(() => checks.checkRedisUrl?.(redisUrl));
  if (!wrong.has('DATABASE_URL')) collect(() => checks.checkDatabaseUrl?.(variables.DATABASE_URL));
  const [first, ...others] = problems;
  if (first !== undefined) throw new ConfigError(first.variable, first.problem, ...others);
  return {
    host: variables.HOST,
    port: variables.PORT,
    openStack: isOpenStack
      ? {
          authUrl: variables.OS_AUTH_URL ?? '',
          region: variables.OS_REGION_NAME ?? null,
          interface: variables.OS_INTERFACE,
          ca,
          serviceAccount: account ?? null,
        }
      : null,
    reduUrl: isSandbox ? null : (variables.REDU_URL ?? null),
    secret: variables.LINGUANOVA_SECRET ?? null,
    previousSecret: variables.LINGUANOVA_SECRET_PREVIOUS ?? null,
    adminTokens: variables.LINGUANOVA_ADMIN_TOKEN,
    databaseUrl: variables.DATABASE_URL,
    redisUrl: variables.REDIS_URL ?? null,
    limits: {
      mode: variables.LINGUANOVA_LIMITS,
      plans: variables.LINGUANOVA_PLANS,
      costs: variables.LINGUANOVA_COSTS,
    },
    publicUrl: variables.LINGUANOVA_PUBLIC_URL ?? null,
    corsOrigins: variables.LINGUANOVA_CORS_ORIGINS,
    console: variables.LINGUANOVA_CONSOLE === 'on',
    upstreamTimeoutMs: variables.LINGUANOVA_UPSTREAM_TIMEOUT_SECONDS * 1_000,
    cache: {
      seconds: variables.LINGUANOVA_CACHE_SECONDS,
      staleSeconds: staleIfErrorSeconds(variables) ?? DEFAULT_STALE_IF_ERROR_SECONDS,
      bytes: variables.LINGUANOVA_CACHE_MEGABYTES * 1024 * 1024,
    },
    streams: variables.LINGUANOVA_EVENT_STREAMS,
    keepAliveSeconds: variables.LINGUANOVA_KEEP_ALIVE_SECONDS,
    trustedProxies: variables.LINGUANOVA_TRUSTED_PROXIES,
    logLevel: variables.LOG_LEVEL,
    auditDays: variables.LINGUANOVA_AUDIT_DAYS,
  };
}

/** @throws ConfigError when the cloud to serve is not named, or more than one, or its secret is missing. */
function checkCloud(
  given: Readonly<Record<string, string>>,
  { needsSecret = true, needsCloud = true }: Pick<RuntimeChecks, 'needsSecret' | 'needsCloud'>,
): void {
  if (given.OS_AUTH_URL !== undefined && given.REDU_URL !== undefined) {
    throw new ConfigError('REDU_URL', 'takes the place of OS_AUTH_URL: set one of them');
  }
  if (given.OS_AUTH_URL === undefined && given.REDU_URL === undefined) {
    const meant = namesOfDeployment(given);
    if (meant.length === 0 || !needsCloud) return;
    throw new ConfigError(
      'OS_AUTH_URL',
      `is not set, so there is no cloud to serve, but ${meant.join(', ')} ${meant.length > 1 ? 'are' : 'is'}: set OS_AUTH_URL or REDU_URL, or LINGUANOVA_SANDBOX=1 to serve the built-in sandbox`,
    );
  }
  if (needsSecret && given.LINGUANOVA_SECRET === undefined) {
    throw new ConfigError('LINGUANOVA_SECRET', 'is required with a real cloud: 32 random bytes in base64');
  }
}

/** @throws ConfigError when the previous secret replaces nothing. */
function checkSecrets({
  LINGUANOVA_SECRET: secret,
  LINGUANOVA_SECRET_PREVIOUS: previous,
}: Environment): void {
  if (previous === undefined) return;
  if (secret === undefined)
    throw new ConfigError('LINGUANOVA_SECRET', 'is required when LINGUANOVA_SECRET_PREVIOUS is set');
  if (secret === previous) {
    throw new ConfigError('LINGUANOVA_SECRET_PREVIOUS', 'must be another secret than LINGUANOVA_SECRET');
  }
}

/** @throws ConfigError when the variable and its alias differ. */
function staleIfErrorSeconds({
  LINGUANOVA_STALE_IF_ERROR_SECONDS: seconds,
  LINGUANOVA_STALE_SECONDS: alias,
}: Environment): number | undefined {
  if (seconds !== undefined && alias !== undefined && seconds !== alias) {
    throw new ConfigError(
      'LINGUANOVA_STALE_SECONDS',
      'is an alias of LINGUANOVA_STALE_IF_ERROR_SECONDS and has another value: remove it',
    );
  }
  return seconds ?? alias;
}

/** Variables that only a gateway for customers has: with one of these the sandbox is not served by default. */
function namesOfDeployment(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given).filter((name) => {
    if (name === 'NODE_ENV') return given.NODE_ENV === 'production';
    if (name === 'HOST') return !isLoopback(given.HOST ?? '');
    return (
      name.startsWith('OS_') ||
      ['LINGUANOVA_SECRET', 'LINGUANOVA_SECRET_PREVIOUS', 'DATABASE_URL', 'REDIS_URL'].includes(name)
    );
  });
}

function isLoopback(host: string): boolean {
  return /^localhost$/i.test(host) || isInside(host, ['127.0.0.0/8', '::1/128']);
}

/** As the `openstack` client reads them: an application credential, else user and password. */
function serviceAccount(variables: Environment): ServiceAccount | null {
  const { OS_APPLICATION_CREDENTIAL_ID: id, OS_APPLICATION_CREDENTIAL_SECRET: secret } = variables;
  if (id !== undefined) {
    if (secret === undefined) {
      throw new ConfigError(
        'OS_APPLICATION_CREDENTIAL_SECRET',
        'is required when OS_APPLICATION_CREDENTIAL_ID is set',
      );
    }
    return { kind: 'application_credential', id, secret };
  }
  const { OS_USERNAME, OS_USER_ID, OS_PASSWORD, OS_PROJECT_NAME, OS_PROJECT_ID } = variables;
  if (OS_USERNAME === undefined && OS_USER_ID === undefined) return null;
  if (OS_PASSWORD === undefined)
    throw new ConfigError('OS_PASSWORD', 'is required when OS_USERNAME or OS_USER_ID is set');
  return {
    kind: 'password',
    user: reference(OS_USER_ID, OS_USERNAME, variables.OS_USER_DOMAIN_ID, variables.OS_USER_DOMAIN_NAME),
    password: OS_PASSWORD,
    project:
      OS_PROJECT_ID === undefined && OS_PROJECT_NAME === undefined
        ? null
        : reference(
            OS_PROJECT_ID,
            OS_PROJECT_NAME,
            variables.OS_PROJECT_DOMAIN_ID,
            variables.OS_PROJECT_DOMAIN_NAME,
          ),
  };
}

/** A user or project by id, else by name in its domain (`Default` unless said otherwise). */
function reference(
  id: string | undefined,
  name = '',
  domainId: string | undefined = undefined,
  domainName = 'Default',
) {
  if (id !== undefined) return { id };
  return { name, domain: domainId === undefined ? { name: domainName } : { id: domainId } };
}
