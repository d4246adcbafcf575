import type { Bytes, Refusal, Routes } from './contract.ts';

export type { Bytes, Refusal, Routes };

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

export type RefusalCode = Refusal['error']['code'];

export type Instance = ResponseOf<'GET /v1/instances'>[number];
export type InstanceDetail = ResponseOf<'GET /v1/instances/{id}'>;
export type Image = ItemOf<'GET /v1/images'>;
export type Volume = ItemOf<'GET /v1/volumes'>;
export type NewApiKey = ResponseOf<'POST /v1/api_keys'>;
