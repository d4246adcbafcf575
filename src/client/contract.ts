/**
 * Types of the input and response of each route, derived from the schemas that serve the requests. A schema changed without the
 * client does not compile. The package has the same types written out (`build/client-contract.ts`).
 */

import type * as z from 'zod';
import type { errorSchema } from '../dialects/redu/errors.ts';
import type { ResponseBody } from '../http/route.ts';
import type { ContractRoute, NameOf } from '../openapi/routes.ts';

export type Routes = { [R in ContractRoute as NameOf<R>]: Shape<R> };
export type Refusal = z.infer<typeof errorSchema>;

type Shape<R> = {
  response: R extends { response: infer A extends ResponseBody } ? ResponseBodyOf<A> : undefined;
} & (R extends { query: infer Q extends z.ZodType } ? { query: QueryInput<Q> } : unknown) &
  (R extends { body: infer B extends z.ZodType } ? { body: BodyInput<z.input<B>> } : unknown) &
  (R extends { takesBytes: true } ? { body: Bytes } : unknown);

/** A stream is sent once, without a retry. */
export type Bytes = Blob | Uint8Array | ReadableStream<Uint8Array>;

type ResponseBodyOf<A extends ResponseBody> = A extends z.ZodType
  ? z.output<A>
  : A extends { list: infer S extends z.ZodType }
    ? z.output<S>[]
    : A extends { page: infer S extends z.ZodType }
      ? { items: z.output<S>[]; next_cursor: string | null }
      : never;

/** A query with numbers, booleans and literals instead of texts. */
type QueryInput<S extends z.ZodType> = QueryInputFields<z.input<S>, z.output<S>>;
type QueryInputFields<I, O> = {
  [K in keyof I]:
    | QueryInputValue<NonNullable<I[K]>, K extends keyof O ? NonNullable<O[K]> : never>
    | (undefined extends I[K] ? undefined : never);
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
