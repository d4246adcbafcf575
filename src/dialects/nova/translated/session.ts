import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CloudDriver } from '../../../compute/cloud.ts';
import type { ServiceName } from '../services.ts';
import type { OpenSession } from '../session.ts';

const DOMAIN = { id: 'default', name: 'Default' };
/** What OpenStack calls the only one. */
const REGION = 'RegionOne';
const SERVICES = new Map<ServiceName, { projectInPath: boolean }>([
  ['compute', { projectInPath: false }],
  ['image', { projectInPath: false }],
  ['network', { projectInPath: false }],
]);

/** Whom a cloud that is no OpenStack takes a credential for. It has no domains; there is one, as in most OpenStacks. */
export function translatedSession(clouds: CloudDriver): OpenSession {
  return async function session(credential, call) {
    const { userId, username, roles, projectId, projectName } = await clouds
      .open(credential, call)
      .identity();
    return {
      user: { id: userId, name: username, domain: DOMAIN },
      project: { id: projectId, name: projectName, domain: DOMAIN },
      roles: roles.map((name) => ({ id: roleId(name), name })),
      region: REGION,
      services: SERVICES,
    };
  };
}

/** 32 hexadecimal digits, as Keystone's ids; the same on every node. */
function roleId(name: string): string {
  return bytesToHex(sha256(utf8ToBytes(`linguanova role ${name}`)).slice(0, 16));
}
