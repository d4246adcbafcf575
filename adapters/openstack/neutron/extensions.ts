import { hasCode } from '../../../src/compute/errors.ts';

/** A list of what an extension is for: where Neutron does not have the extension, there is none (404). */
export async function orNone<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list;
  } catch (error) {
    if (hasCode(error, 'not_found')) return [];
    throw error;
  }
}
