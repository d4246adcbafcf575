/** Writes JSON Schemas of a manifest's kinds for kubeconform: `node schemas.ts SWAGGER MANIFEST FOLDER`. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Schema {
  readonly properties?: object;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

const [swagger = '', manifest = '', folder = ''] = process.argv.slice(2);
const described: Readonly<Record<string, Schema>> = JSON.parse(readFileSync(swagger, 'utf8')).definitions;
const definitions = Object.fromEntries(
  Object.entries(described).map(([name, schema]) => [
    name,
    // Strict: an unknown field is a mistake.
    schema.properties === undefined ? schema : { additionalProperties: false, ...schema },
  ]),
);
/** Written in two forms, which JSON Schema of the description denies. */
definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = {
  oneOf: [{ type: 'string' }, { type: 'integer' }],
} as Schema;
const kinds = new Set(
  [...readFileSync(manifest, 'utf8').matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind),
);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(described)) {
  for (const { group, version, kind } of schema['x-kubernetes-group-version-kind'] ?? []) {
    if (!kinds.has(kind)) continue;
    const file = [kind.toLowerCase(), group.split('.')[0], version].filter(Boolean).join('-');
    writeFileSync(
      join(folder, `${file}.json`),
      JSON.stringify({ $ref: `#/definitions/${name}`, definitions }),
    );
  }
}
