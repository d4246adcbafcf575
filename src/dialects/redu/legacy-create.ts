import * as z from 'zod';
import type { FieldNames } from '../../compute/errors.ts';
import type { CreateInstance } from '../../compute/requests.ts';
import { idOrName, name, shortText, uuid } from '../../http/field-schemas.ts';
import { REDU_FIELDS } from './errors.ts';
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

/** The request of a validated body. */
export function toLegacyCreateInstance(body: z.output<typeof legacyCreateSchema>): CreateInstance {
  const groups = (body.securityGroups ?? []).map((group) =>
    typeof group === 'string' ? group : group.value,
  );
  return {
    name: body.name,
    flavor: body.flavor,
    image: body.image,
    bootVolume: null,
    networks: body.network ? [{ kind: 'network', networkId: body.network }] : [],
    securityGroupNames: [...new Set(groups)],
    keypairName: body.key_name ?? null,
    userData: body.user_data || null,
    availabilityZone: null,
    serverGroupId: null,
    description: null,
    tags: [],
    metadata: {},
    isPublic: body.is_public ?? false,
    enableSsh: body.enable_ssh ?? false,
  };
}

/** The names of this body. */
export const LEGACY_FIELDS: FieldNames = {
  ...REDU_FIELDS,
  flavor: 'flavor',
  image: 'image',
  keypair: 'key_name',
  network: 'network',
  networks: 'network',
  securityGroups: 'securityGroups',
};
