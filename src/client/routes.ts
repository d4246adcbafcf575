/**
 * Types of the input and response of each route, derived from the schemas that serve the requests. A schema changed without the
 * client does not compile.
 */

import type * as z from 'zod';
import type { errorSchema } from '../dialects/redu/errors.ts';
import type { ResponseBody } from '../http/route.ts';
import type { ContractRoute, NameOf } from '../openapi/routes.ts';

export type Routes = { [R in ContractRoute as NameOf<R>]: Shape<R> };

type Shape<R> = {
  response: R extends { response: infer A extends ResponseBody } ? ResponseBodyOf<A> : undefined;
} & (R extends { query: infer Q extends z.ZodType } ? { query: QueryInput<Q> } : unknown) &
  (R extends { body: infer B extends z.ZodType } ? { body: BodyInput<z.input<B>> } : unknown) &
  (R extends { takesBytes: true } ? { body: Bytes } : unknown);

/** A stream is sent once, without a retry. */
export type Bytes = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

type ResponseBodyOf<A extends ResponseBody> = A extends z.ZodType
  ? z.output<A>
  : A extends { list: infer S extends z.ZodType }
    ? z.output<S>[]
    : A extends { page: infer S extends z.ZodType }
      ? { items: z.output<S>[]; next_cursor: string | null }
      : never;

export type NewApiKey = ResponseOf<'POST /v1/api_keys'>;

/** As in `GET /v1/instances/{id}`. */
export type Route = keyof Routes;
export type ResponseOf<R extends Route> = Routes[R]['response'];
export type BodyOf<R extends Route> = Routes[R] extends { body: infer B } ? B : undefined;
export type QueryOf<R extends Route> = Routes[R] extends { query: infer Q } ? Q : undefined;

export type PagedRoute = {
  [R in Route]: Routes[R] extends { response: { items: unknown; next_cursor: unknown } } ? R : never;
}[Route];
export type ItemOf<R extends PagedRoute> = Routes[R]['response']['items'][number];

export type ParamsOf<R extends string> = R extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [N in Name]: string } & ParamsOf<Rest>
  : unknown;

export type RefusalCode = z.infer<typeof errorSchema>['error']['code'];
export type Refusal = z.infer<typeof errorSchema>;

/** A query with numbers, booleans and literals instead of texts. */
type QueryInput<S extends z.ZodType> = QueryInputFields<z.input<S>, z.output<S>>;
type QueryInputFields<I, O> = {
  [K in keyof I]:
    | QueryInputValue<NonNullable<I[K]>, K extends keyof O ? NonNullable<O[K]> : never>
    | undefined;
};
type QueryInputValue<I, O> = [O] extends [number | boolean]
  ? O
  : [O, I] extends [readonly (infer E)[], readonly string[]]
    ? readonly E[]
    : I;

/** zod infers for an object of texts with known non-text fields (metadata) that each field is also a text; this removes that. */
type BodyInput<T> = T extends readonly (infer E)[]
  ? readonly BodyInput<E>[]
  : T extends object
    ? { [K in keyof T]: string extends K ? BodyInput<T[K] | T[KnownKeys<T>]> : BodyInput<T[K]> }
    : T;
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: 1 } & keyof T;
