import * as z from 'zod';
import { isCidr } from '../access/cidr.ts';
import { isOrigin } from '../http/origin.ts';
import type { CacheOptions } from '../traffic/cache/cached.ts';
import type { StreamLimits } from '../traffic/events/room.ts';
import { type Costs, DEFAULT_COSTS } from '../traffic/limit/cost.ts';
import type { LimitOptions } from '../traffic/limit/limit.ts';
import type { Plan } from '../traffic/limit/plan.ts';

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
  /** null: `reduUrl`, else the sandbox. */
  readonly openStack: OpenStackConfig | null;
  /** In its place: the address of a cloud that speaks redu. null: none. */
  readonly reduUrl: string | null;
  /** 32 bytes, base64; null: made and kept, which only the sandbox may. */
  readonly secret: string | null;
  readonly adminToken: string | null;
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
  readonly cache: CacheOptions;
  /** Streams of events that this process holds open. */
  readonly streams: StreamLimits;
  /** Networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
}

/** A variable that cannot be used. The message is one line that names it, and never repeats a value. */
export class ConfigError extends Error {
  constructor(variable: string, problem: string) {
    super(`${variable} ${problem}`);
    this.name = 'ConfigError';
  }
}

const text = z.string({ error: 'must not be empty' }).min(1, 'must not be empty');

function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, message);
}

/** The variables as they are documented; those nobody set, or set to nothing, are absent. */
const Environment = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number from 0 to 65535')
    .default(8787),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be debug, info, warn, error or silent',
    })
    .default('info'),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://...')
    .default('sqlite:.linguanova/keys.db'),
  LINGUANOVA_PLANS: z
    .string()
    .transform(parsePlans)
    .default([{ name: 'default', points: 600, projectPoints: 600, seconds: 60 }]),
  LINGUANOVA_COSTS: z.string().transform(parseCosts).default(DEFAULT_COSTS),
  LINGUANOVA_LIMITS: z
    .enum(['enforce', 'observe', 'off'], { error: 'must be enforce, observe or off' })
    .default('enforce'),
  REDIS_URL: text.optional(),
  LINGUANOVA_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((url) => /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(url), 'must have no user, query or fragment')
    .optional(),
  LINGUANOVA_CORS_ORIGINS: z
    .string()
    .transform((list) => (list.trim() === '*' ? ('*' as const) : list.split(',').map((one) => one.trim())))
    .refine(
      (list) => list === '*' || list.every(isOrigin),
      'must be origins such as https://app.example.org, comma-separated and without a path, or * for any',
    )
    .default([]),
  LINGUANOVA_CONSOLE: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  LINGUANOVA_CACHE_SECONDS: wholeNumber(0, 3_600).default(5),
  LINGUANOVA_STALE_SECONDS: wholeNumber(0, 86_400).default(300),
  LINGUANOVA_CACHE_MEGABYTES: wholeNumber(1, 65_536).default(64),
  LINGUANOVA_EVENT_STREAMS: z.string().transform(parseStreams).default({ perKey: 1_000, total: 10_000 }),
  LINGUANOVA_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((cidr) => cidr.trim()))
    .refine((list) => list.every(isCidr), 'must be networks in CIDR form, comma-separated')
    .default([]),
  LINGUANOVA_SECRET: text.optional(),
  LINGUANOVA_ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters, all printable ASCII and no space')
    .optional(),
  OS_AUTH_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  REDU_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL, without /v1' }).optional(),
  OS_REGION_NAME: text.optional(),
  OS_INTERFACE: z
    .enum(['public', 'internal', 'admin'], { error: 'must be public, internal or admin' })
    .default('public'),
  OS_CACERT: text.optional(),
  OS_APPLICATION_CREDENTIAL_ID: text.optional(),
  OS_APPLICATION_CREDENTIAL_SECRET: text.optional(),
  OS_USERNAME: text.optional(),
  OS_USER_ID: text.optional(),
  OS_PASSWORD: text.optional(),
  OS_USER_DOMAIN_NAME: text.optional(),
  OS_USER_DOMAIN_ID: text.optional(),
  OS_PROJECT_NAME: text.optional(),
  OS_PROJECT_ID: text.optional(),
  OS_PROJECT_DOMAIN_NAME: text.optional(),
  OS_PROJECT_DOMAIN_ID: text.optional(),
});
type Environment = z.infer<typeof Environment>;

/**
 * The configuration that `environment` describes; variables that the runtime has no use for are checked all the same.
 *
 * @param readCertificates The certificates at a path (`OS_CACERT`), in PEM.
 * @throws ConfigError at the first variable that cannot be used.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  readCertificates: (path: string) => string,
): Config {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const parsed = Environment.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(String(issue?.path[0]), issue?.message ?? 'cannot be used');
  }
  const variables = parsed.data;
  const openStack =
    variables.OS_AUTH_URL === undefined
      ? null
      : openStackConfig(variables, variables.OS_AUTH_URL, readCertificates);
  const reduUrl = variables.REDU_URL ?? null;
  if (openStack !== null && reduUrl !== null) {
    throw new ConfigError('REDU_URL', 'takes the place of OS_AUTH_URL: set one of them');
  }
  if ((openStack ?? reduUrl) !== null && variables.LINGUANOVA_SECRET === undefined) {
    throw new ConfigError('LINGUANOVA_SECRET', 'is required with a real cloud: 32 random bytes in base64');
  }
  return {
    host: variables.HOST,
    port: variables.PORT,
    openStack,
    reduUrl,
    secret: variables.LINGUANOVA_SECRET ?? null,
    adminToken: variables.LINGUANOVA_ADMIN_TOKEN ?? null,
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
    cache: {
      seconds: variables.LINGUANOVA_CACHE_SECONDS,
      staleSeconds: variables.LINGUANOVA_STALE_SECONDS,
      bytes: variables.LINGUANOVA_CACHE_MEGABYTES * 1024 * 1024,
    },
    streams: variables.LINGUANOVA_EVENT_STREAMS,
    trustedProxies: variables.LINGUANOVA_TRUSTED_PROXIES,
    logLevel: variables.LOG_LEVEL,
  };
}

/**
 * `name=points/seconds`, comma-separated, each with an optional `/project points`; the plan `default` has to be among them,
 * for keys that name none.
 */
function parsePlans(list: string, context: z.RefinementCtx): Plan[] {
  const plans = list.split(',').map((text) => {
    const [, name = '', points, seconds, projectPoints = points] =
      /^\s*([\w-]{1,64})=(\d{1,9})\/(\d{1,6})(?:\/(\d{1,9}))?\s*$/.exec(text) ?? [];
    return {
      name,
      points: Number(points),
      projectPoints: Number(projectPoints),
      seconds: Number(seconds),
    };
  });
  const wrong = plans.some(
    ({ points, seconds, projectPoints }) => !(points > 0 && seconds > 0 && projectPoints > 0),
  );
  const names = new Set(plans.map(({ name }) => name));
  if (wrong || names.size !== plans.length || !names.has('default')) {
    context.addIssue({
      code: 'custom',
      message: 'must be name=points/seconds, comma-separated, with one plan named default',
    });
  }
  return plans;
}

/** `operation=points`, comma-separated; what is not named keeps its default. */
function parseCosts(list: string, context: z.RefinementCtx): Costs {
  const given = list.split(',').map((text) => {
    const [, operation = '', points] = /^\s*(read|create|write)=(\d{1,6})\s*$/.exec(text) ?? [];
    return [operation, Number(points)] as const;
  });
  const names = new Set(given.map(([operation]) => operation));
  if (names.size !== given.length || given.some(([, points]) => !(points > 0))) {
    context.addIssue({
      code: 'custom',
      message: 'must be operation=points, comma-separated; the operations are read, create and write',
    });
  }
  return { ...DEFAULT_COSTS, ...Object.fromEntries(given) };
}

/** `streams of a key/streams in all`, or `streams of a key/streams of a project/streams in all`. */
function parseStreams(text: string, context: z.RefinementCtx): StreamLimits {
  const [, perKey, perProject, total] = /^\s*(\d{1,7})\/(?:(\d{1,7})\/)?(\d{1,7})\s*$/.exec(text) ?? [];
  const streams = {
    perKey: Number(perKey),
    total: Number(total),
    ...(perProject !== undefined && { perProject: Number(perProject) }),
  };
  const { perProject: project = streams.total } = streams;
  if (!(streams.perKey > 0 && project >= streams.perKey && streams.total >= project)) {
    context.addIssue({
      code: 'custom',
      message:
        'must be streams of a key/streams in all, as in 1000/10000, or of a key/of a project/in all, as in 1000/5000/10000',
    });
  }
  return streams;
}

function openStackConfig(
  variables: Environment,
  authUrl: string,
  readCertificates: (path: string) => string,
): OpenStackConfig {
  return {
    authUrl,
    region: variables.OS_REGION_NAME ?? null,
    interface: variables.OS_INTERFACE,
    ca: variables.OS_CACERT === undefined ? undefined : readCertificates(variables.OS_CACERT),
    serviceAccount: serviceAccount(variables),
  };
}

/** As the `openstack` client reads them: an application credential, else user and password. */
function serviceAccount(variables: Environment): ServiceAccount | null {
  const { OS_APPLICATION_CREDENTIAL_ID: id, OS_APPLICATION_CREDENTIAL_SECRET: secret } = variables;
  if (id !== undefined) {
    if (secret === undefined) {
      throw new ConfigError(
        'OS_APPLICATION_CREDENTIAL_SECRET',
        'is missing beside OS_APPLICATION_CREDENTIAL_ID',
      );
    }
    return { kind: 'application_credential', id, secret };
  }
  const { OS_USERNAME, OS_USER_ID, OS_PASSWORD, OS_PROJECT_NAME, OS_PROJECT_ID } = variables;
  if (OS_USERNAME === undefined && OS_USER_ID === undefined) return null;
  if (OS_PASSWORD === undefined) throw new ConfigError('OS_PASSWORD', 'is missing beside the user');
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
