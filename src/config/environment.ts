/**
 * The environment variables, one by one: their names, forms and defaults.
 *
 * @module
 */

import * as z from 'zod';
import { parseAdminTokens } from '../access/admin-tokens.ts';
import { isCidr } from '../access/ip-address.ts';
import { isServerSecret } from '../access/server-secret.ts';
import { isOrigin } from '../http/origin.ts';
import type { StreamLimits } from '../traffic/events/room.ts';
import { type Costs, DEFAULT_COSTS } from '../traffic/limit/cost.ts';
import type { Plan } from '../traffic/limit/plan.ts';

const text = z.string({ error: 'must not be empty' }).min(1, 'must not be empty');

function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, message);
}

/** The variables as they are documented; unset and empty ones are absent. */
export const Environment = z.object({
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
  LINGUANOVA_UPSTREAM_TIMEOUT_SECONDS: wholeNumber(1, 86_400).default(600),
  LINGUANOVA_CACHE_SECONDS: wholeNumber(0, 3_600).default(5),
  LINGUANOVA_STALE_IF_ERROR_SECONDS: wholeNumber(0, 86_400).optional(),
  /** An alias of LINGUANOVA_STALE_IF_ERROR_SECONDS. */
  LINGUANOVA_STALE_SECONDS: wholeNumber(0, 86_400).optional(),
  LINGUANOVA_CACHE_MEGABYTES: wholeNumber(1, 65_536).default(64),
  LINGUANOVA_EVENT_STREAMS: z.string().transform(parseStreams).default({ perKey: 1_000, total: 10_000 }),
  LINGUANOVA_KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600).default(65),
  LINGUANOVA_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((cidr) => cidr.trim()))
    .refine((list) => list.every(isCidr), 'must be networks in CIDR form, comma-separated')
    .default([]),
  LINGUANOVA_AUDIT_DAYS: wholeNumber(1, 36_500).default(365),
  LINGUANOVA_SANDBOX: z.enum(['1'], { error: 'must be 1, or unset' }).optional(),
  LINGUANOVA_SECRET: z.string().refine(isServerSecret, 'must be 32 bytes in base64').optional(),
  LINGUANOVA_SECRET_PREVIOUS: z.string().refine(isServerSecret, 'must be 32 bytes in base64').optional(),
  LINGUANOVA_ADMIN_TOKEN: z.string().transform(parseAdminTokens).default([]),
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
