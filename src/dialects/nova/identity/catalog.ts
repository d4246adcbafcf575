import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type EndpointName, SERVICE_ENDPOINTS, SERVICES } from '../services.ts';
import type { NovaSession } from '../session.ts';

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly {
    readonly id: string;
    readonly interface: string;
    readonly region: string;
    readonly region_id: string;
    readonly url: string;
  }[];
}

/** There is one address for all; tools that are told to use the internal one find it there. */
const INTERFACES = ['public', 'internal'] as const;

/** What the gateway offers of this cloud, as a catalog at its public URL. */
export function catalogOf(session: NovaSession, publicUrl: string): CatalogEntry[] {
  const parts: EndpointName[] = ['identity', ...SERVICES.filter((service) => session.services.has(service))];
  return parts.map((part) => {
    const { type, name } = SERVICE_ENDPOINTS[part];
    const url = publicUrl + pathOf(part, session);
    const { region } = session;
    return {
      id: stableId(type),
      type,
      name,
      endpoints: INTERFACES.map((one) => ({
        id: stableId(`${type}/${one}`),
        interface: one,
        region,
        region_id: region,
        url,
      })),
    };
  });
}

/**
 * Image and network without their version, which clients add by themselves (gophercloud to whatever they find); compute and
 * identity with it, so that clients need not ask for it.
 */
function pathOf(part: EndpointName, { services, project }: NovaSession): string {
  const { prefix, version } = SERVICE_ENDPOINTS[part];
  switch (part) {
    case 'image':
    case 'network':
      return prefix;
    case 'volume':
      return `${prefix}/${version}${services.get(part)?.projectInPath ? `/${project.id}` : ''}`;
    default:
      return `${prefix}/${version}`;
  }
}

/** 32 hexadecimal digits, as Keystone's ids; the same on every node. */
function stableId(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(`linguanova ${text}`)).slice(0, 16));
}
