/** `src/client/contract.ts` written out: the types of all routes without zod, for the package. */

import * as z from 'zod';
import { errorSchema } from '../src/dialects/redu/errors.ts';
import type { RouteDefinition } from '../src/http/route.ts';
import { nameOf, ROUTES } from '../src/openapi/routes.ts';
import { type JsonSchema, Schemas } from '../src/openapi/schemas.ts';
import { TEXTS } from '../src/openapi/texts.ts';
import { comment, declarationOf, type Style, typeOf } from './json-schema-type.ts';

/** A namespace, because the client itself has types of the same names. */
const NAMESPACE = 'Contract';
const SENT: Style = { namespace: NAMESPACE, array: 'readonly ' };
const RECEIVED: Style = { namespace: NAMESPACE, array: '' };

export function contractSource(): string {
  const sent = new Schemas();
  const received = new Schemas();
  const shapeOf = ({ response, query, body, takesBytes }: RouteDefinition) => [
    `response: ${response ? typeOf(received.output(response), RECEIVED) : 'undefined'};`,
    ...(query ? [`query: ${typeOf(querySchema(query), SENT)};`] : []),
    ...(body ? [`body: ${typeOf(sent.input(body), SENT)};`] : []),
    ...(takesBytes ? ['body: Bytes;'] : []),
  ];
  const routes = ROUTES.map((route) => {
    const { summary } = TEXTS[nameOf(route)];
    return `${comment(summary)}'${nameOf(route)}': { ${shapeOf(route).join('\n')} };`;
  });
  const refusal = typeOf(received.output(errorSchema), RECEIVED);
  const named = [
    ...Object.entries(sent.named).map(([name, schema]) => declarationOf(name, schema, SENT)),
    ...Object.entries(received.named).map(([name, schema]) => declarationOf(name, schema, RECEIVED)),
  ];
  return `export declare namespace ${NAMESPACE} {
${named.join('\n')}
}
export interface Routes {
${routes.join('\n')}
}
export type Refusal = ${refusal};
/** A stream is sent once, without a retry. */
export type Bytes = Blob | Uint8Array | ReadableStream<Uint8Array>;
`;
}

/** Numbers, booleans and literals in place of the texts that a query has; a text where the gateway makes something else of it. */
function querySchema(query: z.ZodType): JsonSchema {
  const schemaOf = (io: 'input' | 'output') =>
    z.toJSONSchema(query, { io, unrepresentable: 'any', override: nameConverted });
  const fields = ({ properties }: JsonSchema) => properties as Record<string, JsonSchema>;
  const values = fields(schemaOf('output') as JsonSchema);
  const given = schemaOf('input') as JsonSchema;
  const typed = Object.entries(fields(given)).map(([name, text]) => {
    const value = values[name];
    return [name, value?.type === undefined ? text : { ...value, description: text.description }];
  });
  const { required } = given;
  return {
    type: 'object',
    properties: Object.fromEntries(typed),
    ...(required === undefined ? {} : { required }),
  };
}

/** zod does not know what a conversion returns; a try does. */
function nameConverted({ zodSchema, jsonSchema }: Parameters<Override>[0]): void {
  if (zodSchema._zod.def.type !== 'pipe' || jsonSchema.type !== undefined) return;
  const types = ['true', '1'].map((text) => typeof z.safeParse(zodSchema, text).data);
  const type = types.find((one) => one === 'boolean' || one === 'number');
  if (type !== undefined) jsonSchema.type = type;
}
type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;
