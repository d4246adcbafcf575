import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import type { CreateInstance } from '../../compute/requests.ts';
import { idOrName, name, shortText, uuid } from '../../http/field-schemas.ts';
import { flag } from './metadata.ts';
import { userDataSchema } from './user-data.ts';

/** Forms send what was not filled in as an empty text. */
const blank = z.literal('').transform(() => null);

const groupChoice = z.union([shortText, z.strictObject({ value: shortText, label: z.string().nullish() })], {
  error: 'must be a security group, or {"value": a security group, "label": any text}',
});

/** The body of redu's first create call, as its console and command line send it. */
export const legacyCreateSchema = z
  .strictObject({
    name,
    image: idOrName,
    imageName: z.string().nullish().describe('For show; image decides.'),
    flavor: z.union([z.int().nonnegative().transform(String), idOrName], {
      error: "must be a flavor's id or name",
    }),
    securityGroups: z.array(groupChoice).max(32).nullish(),
    key_name: z.union([blank, shortText]).nullish(),
    network: z.union([blank, uuid], { error: 'must be the id of a network' }).nullish(),
    is_public: flag.nullish(),
    enable_ssh: flag.nullish(),
    user_data: userDataSchema.nullish(),
    dname: z.literal('', { error: 'domains cannot be set up here; leave dname out or empty' }).nullish(),
    volume: z.null({ error: 'volumes cannot be made here; leave volume out or null' }).optional(),
  })
  .refine((body) => !body.enable_ssh || Boolean(body.key_name), {
    path: ['key_name'],
    error: 'is required when enable_ssh is true',
  })
  .meta({ id: 'LegacyNewInstance' });

/** What a checked body asks for. */
export function toLegacyCreateInstance(body: z.output<typeof legacyCreateSchema>): CreateInstance {
  const groups = (body.securityGroups ?? []).map((group) =>
    typeof group === 'string' ? group : group.value,
  );
  return {
    name: body.name,
    flavor: body.flavor,
    image: body.image,
    networks: body.network ? [{ kind: 'network', networkId: body.network }] : [],
    securityGroupNames: [...new Set(groups)],
    keypairName: body.key_name ?? null,
    userData: body.user_data || null,
    availabilityZone: null,
    serverGroupId: null,
    metadata: {},
    isPublic: body.is_public ?? false,
    enableSsh: body.enable_ssh ?? false,
  };
}

/** Fields as the use cases name them, and as this body does. */
const LEGACY_FIELDS: readonly (readonly [current: RegExp, legacy: string])[] = [
  [/^flavor_id$/, 'flavor'],
  [/^image_id$/, 'image'],
  [/^network_id$|^networks\b.*/, 'network'],
  [/^security_group_names\b/, 'securityGroups'],
  [/^keypair_name$/, 'key_name'],
];

/** The same error about the fields of this body. */
export function inLegacyFields(error: unknown): unknown {
  if (!(error instanceof ComputeError) || error.details.length === 0) return error;
  const details = error.details.map(({ field, message }) => {
    const [current, legacy] = LEGACY_FIELDS.find(([pattern]) => pattern.test(field)) ?? [];
    return { field: current && legacy ? field.replace(current, legacy) : field, message };
  });
  const text = details.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new ComputeError(error.code, text, { details, cause: error });
}
