import * as z from 'zod';
import { parseAdminTokens } from '../access/admin-tokens.ts';
import { isCidr } from '../access/ip-address.ts';
import { isServerSecret } from '../access/server-secret.ts';
import { servicesNamed } from '../dialects/nova/service-list.ts';
import type { ServedServices } from '../dialects/nova/services.ts';
import { isOrigin } from '../http/host.ts';
import type { StreamLimits } from '../traffic/events/stream-slots.ts';
import type { Plan } from '../traffic/limit/plans.ts';
import { type Costs, DEFAULT_COSTS } from '../traffic/limit/plans.ts';

const text = z.string({ error: 'must not be empty' }).min(1, 'must not be empty');

function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, message);
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Defaults and descriptions appear in `docs/reference.md`. Unset and empty variables are absent. */
export const Environment = z.object({
  HOST: text.default('127.0.0.1').describe('Address to listen on.'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number from 0 to 65535')
    .default(8787)
    .describe('Port to listen on; 0: any free one, which is printed.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be debug, info, warn, error or silent',
    })
    .default('info')
    .describe('`debug`, `info`, `warn`, `error` or `silent`.'),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://...')
    .default('sqlite:.linguanova/keys.db')
    .describe(
      'Database of the keys: `sqlite:PATH` or `postgres://...`. The folder of a file must exist; only `.linguanova` is created.',
    ),
  LINGUANOVA_PLANS: z
    .string()
    .transform(parsePlans)
    .prefault('default=600/60')
    .describe('Plans: name=points/seconds, comma-separated, with `default` among them.'),
  LINGUANOVA_COSTS: z
    .string()
    .transform(parseCosts)
    .default(DEFAULT_COSTS)
    .describe('Points of a read, of the create of an instance, and of any other write.'),
  LINGUANOVA_LIMITS: z
    .enum(['enforce', 'shadow', 'observe', 'off'], { error: 'must be enforce, shadow or off' })
    .transform((mode) => (mode === 'observe' ? 'shadow' : mode))
    .prefault('enforce')
    .describe('`shadow` (or `observe`): count but refuse nothing; `off`: no limits.'),
  REDIS_URL: text
    .optional()
    .describe('What several gateways share: [Redis](deployment.md#redis). Unset: in process.'),
  LINGUANOVA_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((url) => /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(url), 'must have no user, query or fragment')
    .optional()
    .describe(
      'Base URL for links, `Location`, the catalog of the [nova dialect](nova-dialect.md) and the console. Unset: `X-Forwarded-Proto` and `X-Forwarded-Host` of trusted proxies, else `http` and `Host`.',
    ),
  LINGUANOVA_CORS_ORIGINS: z
    .string()
    .transform((list) => (list.trim() === '*' ? ('*' as const) : list.split(',').map((one) => one.trim())))
    .refine(
      (list) => list === '*' || list.every(isOrigin),
      'must be origins such as https://app.example.org, comma-separated and without a path, or * for any',
    )
    .default([])
    .describe(
      'Origins whose pages may read responses, comma-separated, such as `https://app.example.org`; `*`: any. Keys can be [bound to further ones](api-keys.md#browser-keys).',
    ),
  LINGUANOVA_CONSOLE: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default('on')
    .describe('`off`: no [console](console.md) at `/console`.'),
  LINGUANOVA_UPSTREAM_TIMEOUT_SECONDS: wholeNumber(1, 86_400)
    .default(600)
    .describe(
      'Timeout for the head of a passed-through response; the body may take as long as bytes arrive.',
    ),
  LINGUANOVA_CACHE_SECONDS: wholeNumber(0, 3_600)
    .default(5)
    .describe('Maximum age of a cached response while the cloud responds; 0: no cache.'),
  LINGUANOVA_STALE_IF_ERROR_SECONDS: wholeNumber(0, 86_400)
    .optional()
    .describe('Maximum age of a stale response while the cloud fails; 0: none is served. Unset: 300.'),
  LINGUANOVA_STALE_SECONDS: wholeNumber(0, 86_400)
    .optional()
    .describe('Alias of `LINGUANOVA_STALE_IF_ERROR_SECONDS`.'),
  LINGUANOVA_CACHE_MEGABYTES: wholeNumber(1, 65_536)
    .default(64)
    .describe('Memory for cached responses in each process, in MiB.'),
  LINGUANOVA_EVENT_STREAMS: z
    .string()
    .transform(parseStreams)
    .prefault('1000/10000')
    .describe(
      'Event streams per key and per process, or `1000/5000/10000` with those per project between them, which are otherwise half of all.',
    ),
  LINGUANOVA_KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600)
    .default(65)
    .describe(
      "Idle timeout of clients' connections; longer than the balancer's, which is 60 for nginx and most clouds.",
    ),
  LINGUANOVA_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((cidr) => cidr.trim()))
    .refine((list) => list.every(isCidr), 'must be networks in CIDR form, comma-separated')
    .default([])
    .describe(
      'Networks of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are trusted, comma-separated; each proxy has to set all three. `-For` is read from the right, 20 hops at most; of the others the last element counts.',
    ),
  LINGUANOVA_AUDIT_DAYS: wholeNumber(1, 36_500)
    .default(365)
    .describe('Retention of audit log entries, in days.'),
  LINGUANOVA_RECONCILE_MINUTES: wholeNumber(0, 10_080)
    .optional()
    .describe(
      'Interval of [reconcile](operating.md#reconcile) over all projects that have keys; 0: never. Unset: 15 with a service account, else 0.',
    ),
  LINGUANOVA_USAGE_DAYS: wholeNumber(1, 36_500)
    .default(90)
    .describe('Retention of [usage](operating.md#usage), in days.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional()
    .describe('Base URL of a collector: [traces](operating.md#traces) are sent to `/v1/traces` below it.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .literal('http/json', { error: 'must be http/json, the only protocol of this exporter' })
    .optional()
    .describe('`http/json`, if it is set.'),
  OTEL_TRACES_EXPORTER: z
    .enum(['otlp', 'none'], { error: 'must be otlp or none' })
    .default('otlp')
    .describe('`none`: no traces.'),
  OTEL_SDK_DISABLED: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .describe('`true`: no traces.'),
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS, { error: `must be ${SAMPLERS.join(', ')}` })
    .default('parentbased_always_on')
    .describe(
      'Which requests are traced: `always_on`, `always_off` or `traceidratio`; with `parentbased_` before it, the client decides if it sends `traceparent`.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1)
    .describe('Share of the requests that `traceidratio` traces, from 0 to 1.'),
  LINGUANOVA_REGIONS: z
    .string()
    .transform(parseRegions)
    .optional()
    .describe(
      'Regions that are served, comma-separated with the one of `OS_REGION_NAME` among them; `*`: all of the catalog. Unset: that one.',
    ),
  LINGUANOVA_ANONYMOUS_OBJECTS: z
    .enum(['1'], { error: 'must be 1, or unset' })
    .optional()
    .describe(
      '`1`: serve temporary URLs, form posts and [public containers](object-storage.md) without a key.',
    ),
  LINGUANOVA_SANDBOX: z
    .enum(['1'], { error: 'must be 1, or unset' })
    .optional()
    .describe('`1`: serve the [sandbox](operating.md#start), whatever else is set.'),
  LINGUANOVA_SECRET: z
    .string()
    .refine(isServerSecret, 'must be 32 bytes in base64')
    .optional()
    .describe(
      '32 bytes in base64; required with a real cloud. The sandbox creates one in `.linguanova/secret`.',
    ),
  LINGUANOVA_SECRET_PREVIOUS: z
    .string()
    .refine(isServerSecret, 'must be 32 bytes in base64')
    .optional()
    .describe('The secret that is replaced: [rotation](upgrade.md#rotate-the-secret).'),
  LINGUANOVA_ADMIN_TOKEN: z
    .string()
    .transform(parseAdminTokens)
    .default([])
    .describe(
      'Bearer token of `/admin`: at least 16 printable ASCII characters without space, comma and colon. Several as `name:token,name2:token2`, at most one without a name (up to 64 of `A-Z a-z 0-9 _ . -`); the audit log then has `admin:name`. Unset: no `/admin`; the sandbox prints one.',
    ),
  OS_AUTH_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional()
    .describe("Keystone's URL, with or without `/v3`."),
  REDU_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL, without /v1' })
    .optional()
    .describe('Instead of `OS_AUTH_URL`: URL of a [redu cloud](operating.md#a-redu-cloud), without `/v1`.'),
  OS_REGION_NAME: text
    .optional()
    .describe('Default region: that of requests that name none. Unset: the only one of the cloud.'),
  LINGUANOVA_SERVICES: z
    .string()
    .transform(parseServices)
    .prefault('compute,image,network,volume')
    .describe(
      'Services of the catalog that the [nova dialect](nova-dialect.md) serves, by official type, comma-separated; `*`: all. [Further services](services.md).',
    ),
  OS_INTERFACE: z
    .enum(['public', 'internal', 'admin'], { error: 'must be public, internal or admin' })
    .default('public')
    .describe('Endpoint type: `public`, `internal` or `admin`.'),
  OS_CACERT: text
    .optional()
    .describe("File with the CA certificates to trust, in PEM. Unset: the runtime's."),
  OS_APPLICATION_CREDENTIAL_ID: text.optional().describe('Service account, as application credential.'),
  OS_APPLICATION_CREDENTIAL_SECRET: text.optional().describe('Its secret.'),
  OS_USERNAME: text.optional().describe('Service account, as user and password.'),
  OS_USER_ID: text.optional().describe('Instead of `OS_USERNAME`.'),
  OS_PASSWORD: text.optional().describe('Its password.'),
  OS_USER_DOMAIN_NAME: text.optional().describe('Domain of `OS_USERNAME`. Unset: `Default`.'),
  OS_USER_DOMAIN_ID: text.optional().describe('Instead of `OS_USER_DOMAIN_NAME`.'),
  OS_PROJECT_NAME: text.optional().describe("The account's own project."),
  OS_PROJECT_ID: text.optional().describe('Instead of `OS_PROJECT_NAME`.'),
  OS_PROJECT_DOMAIN_NAME: text.optional().describe('Domain of `OS_PROJECT_NAME`. Unset: `Default`.'),
  OS_PROJECT_DOMAIN_ID: text.optional().describe('Instead of `OS_PROJECT_DOMAIN_NAME`.'),
});
export type Environment = z.infer<typeof Environment>;

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

/** Names, comma-separated; `*` alone: all. */
function parseRegions(list: string, context: z.RefinementCtx): readonly string[] | '*' {
  const names = list.split(',').map((name) => name.trim());
  if (list.trim() === '*') return '*';
  if (
    names.some((name) => name === '' || name === '*' || name.length > 255) ||
    new Set(names).size < names.length
  ) {
    context.addIssue({
      code: 'custom',
      message: 'must be names of regions, comma-separated and each once, or *',
    });
  }
  return names;
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

/** Types of services or their aliases, comma-separated, or `*`. */
function parseServices(list: string, context: z.RefinementCtx): ServedServices {
  const services = servicesNamed(list.split(',').map((name) => name.trim()));
  if (services !== null) return services;
  context.addIssue({
    code: 'custom',
    message: 'must be types of OpenStack services, such as object-store, comma-separated, or * for all',
  });
  return z.NEVER;
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
