import { ComputeError } from '../../../compute/errors.ts';

/** The fields of the language in the middle, and of a redu cloud, under the names that Nova has for them. */
const NOVA_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:server\.)?flavor_id$/, 'flavorRef'],
  [/^(?:server\.)?image_id$/, 'imageRef'],
  [/^keypair_name$/, 'key_name'],
  [/^network_id$/, 'networks'],
  [/^security_group_names\b/, 'security_groups'],
  [/^server_group_id$/, 'os:scheduler_hints.group'],
];

/** Tells which field is wrong as Nova does, by Nova's name for it. Other errors stay as they are. */
export function withNovaFieldNames(error: unknown): unknown {
  if (!(error instanceof ComputeError) || error.code !== 'invalid') return error;
  const [problem] = error.details;
  if (problem === undefined) return error;
  const name = NOVA_NAMES.reduce((field, [redu, nova]) => field.replace(redu, nova), problem.field);
  return new ComputeError('invalid', `Invalid input for field/attribute ${name}. ${problem.message}`, {
    details: error.details,
    cause: error.cause,
  });
}
