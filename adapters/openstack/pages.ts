import * as z from 'zod';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Query, Service } from './service.ts';

const MAX_PAGES = 500;

const Link = z.object({ rel: z.string(), href: z.string() });

/**
 * The pages of a list, by Nova's and Neutron's `<key>_links` or Glance's `next`. Of a link only the `marker` is used: its address
 * need not be reachable from the gateway. A full last page links to an empty one.
 *
 * @param key The member that holds the items, and names the links.
 */
export async function* pages<T>(
  service: Service,
  path: string,
  key: string,
  item: z.ZodType<T>,
  query: Query = {},
): AsyncGenerator<readonly T[]> {
  const schema = pageSchema(key, item);
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await service.get(path, schema, marker === undefined ? query : { ...query, marker });
    yield body[key] as readonly T[];
    const links = body[`${key}_links`] as readonly z.infer<typeof Link>[] | undefined;
    const next = links?.find((link) => link.rel === 'next')?.href ?? (body.next as string | undefined);
    const following = next === undefined ? undefined : markerOf(next);
    if (following === undefined || following === marker) return;
    marker = following;
  }
  throw new ComputeError('bad_gateway', "The cloud's pagination did not terminate.");
}

type PageSchema = z.ZodType<Record<string, unknown>>;

/** zod compiles a schema on first use, which takes longer than the call to the cloud. */
const SCHEMAS = new WeakMap<z.ZodType, Map<string, PageSchema>>();

function pageSchema(key: string, item: z.ZodType): PageSchema {
  const known = SCHEMAS.get(item)?.get(key);
  if (known !== undefined) return known;
  const schema = z.looseObject({
    [key]: z.array(item),
    [`${key}_links`]: z.array(Link).optional(),
    next: z.string().optional(),
  });
  SCHEMAS.set(item, (SCHEMAS.get(item) ?? new Map()).set(key, schema));
  return schema;
}

/** All pages joined. */
export async function allPages<T>(
  service: Service,
  path: string,
  key: string,
  item: z.ZodType<T>,
  query?: Query,
): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages(service, path, key, item, query)) items.push(...page);
  return items;
}

function markerOf(link: string): string | undefined {
  const question = link.indexOf('?');
  if (question < 0) return undefined;
  return new URLSearchParams(link.slice(question + 1)).get('marker') ?? undefined;
}
