/**
 * What each route takes and answers, for the compiler alone: taken from the schemas that serve the requests, so that a schema
 * that changes without the client does not compile.
 *
 * @module
 */

import type * as z from 'zod';
import type { errorSchema } from '../dialects/redu/errors.ts';
import type { ResponseBody } from '../http/route.ts';
import type { ContractRoute, NameOf } from '../openapi/routes.ts';

/** One entry for each route, by method and path. */
export type Routes = { [R in ContractRoute as NameOf<R>]: Shape<R> };

type Shape<R> = {
  answer: R extends { response: infer A extends ResponseBody } ? BodyOfAnswer<A> : undefined;
} & (R extends { query: infer Q extends z.ZodType } ? { query: QueryInput<Q> } : unknown) &
  (R extends { body: infer B extends z.ZodType } ? { body: BodyInput<z.input<B>> } : unknown);

type BodyOfAnswer<A extends ResponseBody> = A extends z.ZodType
  ? z.output<A>
  : A extends { list: infer S extends z.ZodType }
    ? z.output<S>[]
    : A extends { page: infer S extends z.ZodType }
      ? { items: z.output<S>[]; next_cursor: string | null }
      : never;

/** A key with its text, which is shown this once. */
export type NewApiKey = AnswerOf<'POST /v1/api_keys'>;

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

/** A query in values of JavaScript: numbers and booleans as such, words that are listed as those words. */
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

/**
 * A body as a program writes it. What zod infers for an object of texts with a few known fields that are none (metadata and
 * its flags) nobody could write: each field would have to be a text too.
 */
type BodyInput<T> = T extends readonly (infer E)[]
  ? readonly BodyInput<E>[]
  : T extends object
    ? { [K in keyof T]: string extends K ? BodyInput<T[K] | T[KnownKeys<T>]> : BodyInput<T[K]> }
    : T;
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: 1 } & keyof T;
