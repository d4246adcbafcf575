import type { AdminToken } from '../access/admin-tokens.ts';
import { isInside } from '../access/ip-address.ts';
import type { ServedServices } from '../dialects/nova/services.ts';
import type { CacheOptions } from '../traffic/cache/cached.ts';
import type { StreamLimits } from '../traffic/events/stream-slots.ts';
import type { LimitOptions } from '../traffic/limit/limit.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { Environment } from './environment.ts';
import { type GivenEndpoint, givenEndpoints, isEndpointVariable } from './given-endpoints.ts';
import { unknownNames } from './unknown-names.ts';

const DEFAULT_RECONCILE_MINUTES = 15;
const DEFAULT_STALE_IF_ERROR_SECONDS = 300;
const SANDBOX_REGION = 'RegionOne';

type Reference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { id: string } | { name: string } };

/** The gateway's own account at the cloud, from the variables of the `openstack` client. */
export type ServiceAccount =
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
  | {
      readonly kind: 'password';
      readonly user: Reference;
      readonly password: string;
      readonly project: Reference | null;
    };

/** Which regions are served, which one requests get that name none, and endpoints in them. */
export interface RegionConfig {
  /** The default one; null: the cloud's only one. */
  readonly region: string | null;
  /** The default one among them; `*`: all of the catalog. */
  readonly served: readonly string[] | '*';
  /** Given by hand; all others are the catalog's. */
  readonly given: readonly GivenEndpoint[];
}

export interface OpenStackConfig {
  readonly authUrl: string;
  readonly interface: 'public' | 'internal' | 'admin';
  /** PEM. */
  readonly ca: string | undefined;
  readonly serviceAccount: ServiceAccount | null;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** null: `reduUrl`, else the sandbox. */
  readonly openStack: OpenStackConfig | null;
  readonly regions: RegionConfig;
  /** A cloud that speaks redu, instead of OpenStack. */
  readonly reduUrl: string | null;
  /** 32 bytes, base64; null only with the sandbox, which generates one. */
  readonly secret: string | null;
  /** Still unseals data sealed with it. */
  readonly previousSecret: string | null;
  /** Empty: no `/admin`, except with the sandbox, which generates a token. */
  readonly adminTokens: readonly AdminToken[];
  /** `sqlite:PATH` or `postgres://...`. Secret: may contain a password. */
  readonly databaseUrl: string;
  /** One URL, or several hosts of a cluster. Secret: may contain a password. null: state per process. */
  readonly redisUrl: string | null;
  readonly limits: LimitOptions;
  /** null: the host of each request. */
  readonly publicUrl: string | null;
  /** Origins whose pages may read responses; `*`: any. */
  readonly corsOrigins: readonly string[] | '*';
  readonly console: boolean;
  /** For the head of a passed-through response. */
  readonly headTimeoutMs: number;
  readonly cache: CacheOptions;
  readonly streams: StreamLimits;
  readonly keepAliveSeconds: number;
  readonly services: ServedServices;
  /** Whether object storage is served without a key. */
  readonly anonymousObjects: boolean;
  /** Networks of proxies whose `X-Forwarded-*` headers are used. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly auditDays: number;
  /** 0: never. */
  readonly reconcileMinutes: number;
  readonly usageDays: number;
  /** null: no traces are recorded. */
  readonly tracing: TracingConfig | null;
}

/** The exporter reads its own variables, `OTEL_EXPORTER_OTLP_*`. */
export interface TracingConfig {
  readonly sampler: Environment['OTEL_TRACES_SAMPLER'];
  /** Of `traceidratio`, from 0 to 1. */
  readonly ratio: number;
}

/** Checks that need the runtime. Each throws `ConfigError`. */
export interface RuntimeChecks {
  /** The certificates at a path (`OS_CACERT`), in PEM. */
  readonly readCertificates: (path: string) => string;
  readonly checkRedisUrl?: (url: string) => void;
  readonly checkDatabaseUrl?: (url: string) => void;
  /** False for commands that unseal no key; true by default. */
  readonly needsSecret?: boolean;
  /** False for commands that only use the store; true by default. */
  readonly needsCloud?: boolean;
}

/** Checks all variables, those that this runtime ignores too. @throws ConfigError listing all problems. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  checks: RuntimeChecks,
): Config {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value) given[name] = value;
  const names = Object.keys(given).filter((name) => !isEndpointVariable(name));
  const unknown = unknownNames(names, Object.keys(Environment.shape));
  const parsed = Environment.safeParse(given);
  const wrong = new Map(parsed.error?.issues.map(({ path, message }) => [String(path[0]), message]));
  const problems: Problem[] = [
    ...unknown.map(({ name, nearest }) => ({
      variable: name,
      problem: `is not a variable of linguanova; did you mean ${nearest}?`,
    })),
    ...[...wrong].map(([variable, problem]) => ({ variable, problem })),
  ];
  // Invalid variables count as unset for the further checks, so that one error does not hide another.
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
  const isAccountGiven = account !== undefined && account !== null;
  const minutes = collect(() =>
    reconcileMinutes(variables, isAccountGiven, isOpenStack || (!isSandbox && given.REDU_URL !== undefined)),
  );
  const isRedu = !isSandbox && !isOpenStack && given.REDU_URL !== undefined;
  const chosen = collect(() => regionsOf(variables, isOpenStack, isRedu));
  const regions = chosen ?? { region: null, served: [] };
  const { LINGUANOVA_SERVICES: services } = variables;
  const endpoints = collect(() => givenEndpoints(given, { ...regions, services, hasCatalog: !isRedu }));
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
          interface: variables.OS_INTERFACE,
          ca,
          serviceAccount: account ?? null,
        }
      : null,
    regions: { ...regions, given: endpoints ?? [] },
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
    headTimeoutMs: variables.LINGUANOVA_UPSTREAM_TIMEOUT_SECONDS * 1_000,
    cache: {
      seconds: variables.LINGUANOVA_CACHE_SECONDS,
      staleSeconds: staleIfErrorSeconds(variables) ?? DEFAULT_STALE_IF_ERROR_SECONDS,
      bytes: variables.LINGUANOVA_CACHE_MEGABYTES * 1024 * 1024,
    },
    streams: variables.LINGUANOVA_EVENT_STREAMS,
    keepAliveSeconds: variables.LINGUANOVA_KEEP_ALIVE_SECONDS,
    services,
    anonymousObjects: variables.LINGUANOVA_ANONYMOUS_OBJECTS !== undefined,
    trustedProxies: variables.LINGUANOVA_TRUSTED_PROXIES,
    logLevel: variables.LOG_LEVEL,
    auditDays: variables.LINGUANOVA_AUDIT_DAYS,
    reconcileMinutes: minutes ?? 0,
    usageDays: variables.LINGUANOVA_USAGE_DAYS,
    tracing:
      variables.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ||
      variables.OTEL_TRACES_EXPORTER === 'none' ||
      variables.OTEL_SDK_DISABLED === 'true'
        ? null
        : { sampler: variables.OTEL_TRACES_SAMPLER, ratio: variables.OTEL_TRACES_SAMPLER_ARG },
  };
}

/** @throws ConfigError unless exactly one cloud is configured, with a secret. */
function checkCloud(
  given: Readonly<Record<string, string>>,
  { needsSecret = true, needsCloud = true }: Pick<RuntimeChecks, 'needsSecret' | 'needsCloud'>,
): void {
  if (given.OS_AUTH_URL !== undefined && given.REDU_URL !== undefined) {
    throw new ConfigError('REDU_URL', 'is an alternative to OS_AUTH_URL: set only one of them');
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

function checkSecrets({
  LINGUANOVA_SECRET: secret,
  LINGUANOVA_SECRET_PREVIOUS: previous,
}: Environment): void {
  if (previous === undefined) return;
  if (secret === undefined)
    throw new ConfigError('LINGUANOVA_SECRET', 'is required when LINGUANOVA_SECRET_PREVIOUS is set');
  if (secret === previous) {
    throw new ConfigError('LINGUANOVA_SECRET_PREVIOUS', 'must differ from LINGUANOVA_SECRET');
  }
}

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

/** The sandbox has a service account, but loses what there is to reconcile with its process. */
function reconcileMinutes(
  { LINGUANOVA_RECONCILE_MINUTES: minutes }: Environment,
  hasServiceAccount: boolean,
  isRealCloud: boolean,
): number {
  if (hasServiceAccount) return minutes ?? DEFAULT_RECONCILE_MINUTES;
  if (isRealCloud && minutes !== undefined && minutes > 0) {
    throw new ConfigError(
      'LINGUANOVA_RECONCILE_MINUTES',
      'requires a service account, OS_USERNAME or OS_APPLICATION_CREDENTIAL_ID: set one, or this to 0',
    );
  }
  return minutes ?? 0;
}

/** The sandbox has the regions that are named. */
function regionsOf(
  { OS_REGION_NAME: region, LINGUANOVA_REGIONS: served }: Environment,
  isOpenStack: boolean,
  isRedu: boolean,
): Omit<RegionConfig, 'given'> {
  if (isRedu) {
    if (served !== undefined)
      throw new ConfigError('LINGUANOVA_REGIONS', 'needs OS_AUTH_URL: a redu cloud has no regions');
    return { region: null, served: [] };
  }
  if (region === undefined && isOpenStack) {
    if (served !== undefined)
      throw new ConfigError(
        'OS_REGION_NAME',
        'is required when LINGUANOVA_REGIONS is set: the default region',
      );
    return { region: null, served: [] };
  }
  const name =
    region ?? (served === undefined || served === '*' ? SANDBOX_REGION : (served[0] ?? SANDBOX_REGION));
  if (served === undefined) return { region: name, served: [name] };
  if (served !== '*' && !served.includes(name))
    throw new ConfigError('LINGUANOVA_REGIONS', `must include ${name}, the region in OS_REGION_NAME`);
  return { region: name, served };
}

/** Variables of a deployment; with one of them the sandbox is not the default. */
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

export function isLoopback(host: string): boolean {
  return /^localhost$/i.test(host) || isInside(host, ['127.0.0.0/8', '::1/128']);
}

/** Same precedence as the `openstack` client: an application credential, else user and password. */
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

/** By id, else by name in a domain (`Default` by default). */
function reference(
  id: string | undefined,
  name = '',
  domainId: string | undefined = undefined,
  domainName = 'Default',
) {
  if (id !== undefined) return { id };
  return { name, domain: domainId === undefined ? { name: domainName } : { id: domainId } };
}
