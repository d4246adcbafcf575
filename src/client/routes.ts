/**
 * What each route takes and answers, for the compiler alone: taken from the schemas that serve the requests, so that a schema
 * that changes without the client does not compile.
 *
 * @module
 */

import type * as z from 'zod';
import type { keySchema, rotationSchema, selfServiceKeySchema } from '../access/key-schemas.ts';
import type { availabilityZoneSchema } from '../dialects/redu/availability-zones.ts';
import type { errorSchema } from '../dialects/redu/errors.ts';
import type { flavorSchema } from '../dialects/redu/flavors.ts';
import type { floatingIpSchema } from '../dialects/redu/floating-ips.ts';
import type { hypervisorSchema } from '../dialects/redu/hypervisors.ts';
import type { imageSchema } from '../dialects/redu/images.ts';
import type { actionAcceptedSchema, instanceActionSchema } from '../dialects/redu/instance-actions.ts';
import type { instanceQuerySchema } from '../dialects/redu/instance-query.ts';
import type {
  instanceChangeSchema,
  instanceDetailSchema,
  instanceSchema,
  newInstanceSchema,
} from '../dialects/redu/instance-schemas.ts';
import type { createdKeypairSchema, keypairSchema, newKeypairSchema } from '../dialects/redu/keypairs.ts';
import type { meSchema } from '../dialects/redu/me.ts';
import type { networkSchema } from '../dialects/redu/networks.ts';
import type { quotasSchema } from '../dialects/redu/quotas.ts';
import type {
  newRuleSchema,
  newSecurityGroupSchema,
  ruleSchema,
  securityGroupSchema,
} from '../dialects/redu/security-group-schemas.ts';
import type { newServerGroupSchema, serverGroupSchema } from '../dialects/redu/server-groups.ts';
import type { pageQuerySchema } from '../http/page-schemas.ts';

/** One entry for each route, by method and path. */
export interface Routes {
  'GET /v1/me': { answer: Read<typeof meSchema> };
  'GET /v1/instances': { query: Asked<typeof instanceQuerySchema>; answer: Read<typeof instanceSchema>[] };
  'POST /v1/instances': {
    body: Sent<z.input<typeof newInstanceSchema>>;
    answer: Read<typeof instanceDetailSchema>;
  };
  'GET /v1/instances/{id}': { answer: Read<typeof instanceDetailSchema> };
  'PATCH /v1/instances/{id}': {
    body: Sent<z.input<typeof instanceChangeSchema>>;
    answer: Read<typeof instanceDetailSchema>;
  };
  'DELETE /v1/instances/{id}': { answer: undefined };
  'POST /v1/instances/{id}/actions': {
    body: Sent<z.input<typeof instanceActionSchema>>;
    answer: Read<typeof actionAcceptedSchema>;
  };
  'GET /v1/flavors': PageOf<typeof flavorSchema>;
  'GET /v1/images': PageOf<typeof imageSchema>;
  'GET /v1/networks': PageOf<typeof networkSchema>;
  'GET /v1/availability_zones': PageOf<typeof availabilityZoneSchema>;
  'GET /v1/floating_ips': PageOf<typeof floatingIpSchema>;
  'GET /v1/quotas': { answer: Read<typeof quotasSchema> };
  'GET /v1/hypervisors': PageOf<typeof hypervisorSchema>;
  'GET /v1/keypairs': PageOf<typeof keypairSchema>;
  'POST /v1/keypairs': {
    body: z.input<typeof newKeypairSchema>;
    answer: Read<typeof createdKeypairSchema>;
  };
  'GET /v1/keypairs/{name}': { answer: Read<typeof keypairSchema> };
  'DELETE /v1/keypairs/{name}': { answer: undefined };
  'GET /v1/security_groups': PageOf<typeof securityGroupSchema>;
  'POST /v1/security_groups': {
    body: z.input<typeof newSecurityGroupSchema>;
    answer: Read<typeof securityGroupSchema>;
  };
  'GET /v1/security_groups/{id}': { answer: Read<typeof securityGroupSchema> };
  'DELETE /v1/security_groups/{id}': { answer: undefined };
  'POST /v1/security_groups/{id}/rules': {
    body: z.input<typeof newRuleSchema>;
    answer: Read<typeof ruleSchema>;
  };
  'DELETE /v1/security_groups/{id}/rules/{rule_id}': { answer: undefined };
  'GET /v1/server_groups': PageOf<typeof serverGroupSchema>;
  'POST /v1/server_groups': {
    body: z.input<typeof newServerGroupSchema>;
    answer: Read<typeof serverGroupSchema>;
  };
  'GET /v1/server_groups/{id}': { answer: Read<typeof serverGroupSchema> };
  'DELETE /v1/server_groups/{id}': { answer: undefined };
  'GET /v1/api_keys': PageOf<typeof keySchema>;
  'POST /v1/api_keys': { body: z.input<typeof selfServiceKeySchema>; answer: NewApiKey };
  'GET /v1/api_keys/{id}': { answer: Read<typeof keySchema> };
  'DELETE /v1/api_keys/{id}': { answer: undefined };
  'POST /v1/api_keys/{id}/rotate': { body: z.input<typeof rotationSchema>; answer: NewApiKey };
}

/** A key with its text, which is shown this once. */
export type NewApiKey = Read<typeof keySchema> & { key: string };

/** Method and path, with a name in braces for each part of it that varies. */
export type Route = keyof Routes;
export type AnswerOf<R extends Route> = Routes[R]['answer'];
export type BodyOf<R extends Route> = Routes[R] extends { body: infer B } ? B : undefined;
export type QueryOf<R extends Route> = Routes[R] extends { query: infer Q } ? Q : undefined;

/** Routes that answer `{items, next_cursor}`. */
export type PagedRoute = {
  [R in Route]: Routes[R] extends { answer: { items: unknown; next_cursor: unknown } } ? R : never;
}[Route];
export type ItemOf<R extends PagedRoute> = Routes[R]['answer']['items'][number];

/** The names in braces in a path. */
export type ParamsOf<R extends string> = R extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [N in Name]: string } & ParamsOf<Rest>
  : unknown;

/** What a refused request is told, as `code`. */
export type RefusalCode = z.infer<typeof errorSchema>['error']['code'];
export type Refusal = z.infer<typeof errorSchema>;

type Read<S extends z.ZodType> = z.output<S>;

interface PageOf<S extends z.ZodType> {
  query: Asked<typeof pageQuerySchema>;
  answer: { items: Read<S>[]; next_cursor: string | null };
}

/** A query in values of JavaScript: numbers and booleans as such, words that are listed as those words. */
type Asked<S extends z.ZodType> = AskedFields<z.input<S>, z.output<S>>;
type AskedFields<I, O> = {
  [K in keyof I]: AskedValue<NonNullable<I[K]>, K extends keyof O ? NonNullable<O[K]> : never> | undefined;
};
type AskedValue<I, O> = [O] extends [number | boolean]
  ? O
  : [O, I] extends [readonly (infer E)[], readonly string[]]
    ? readonly E[]
    : I;

/**
 * A body as a program writes it. What zod infers for an object of texts with a few known fields that are none (metadata and
 * its flags) nobody could write: each field would have to be a text too.
 */
type Sent<T> = T extends readonly (infer E)[]
  ? readonly Sent<E>[]
  : T extends object
    ? { [K in keyof T]: string extends K ? Sent<T[K] | T[KnownKeys<T>]> : Sent<T[K]> }
    : T;
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: 1 } & keyof T;
