/**
 * The mark on ports, floating IPs and groups that the gateway makes, so that they can be told from everybody else's.
 *
 * @module
 */

const MARK = 'linguanova';

/** OpenStack's limit for a description, in characters. */
const MAX_DESCRIPTION = 255;

/** `linguanova key=<id> instance=<name>`: whose key made it, and for what. A long name is cut, the mark never is. */
export function ownedDescription(keyId: string, instanceName: string): string {
  // By code points: half a character cannot be sent.
  return [...`${MARK} key=${keyId} instance=${instanceName}`].slice(0, MAX_DESCRIPTION).join('');
}

/** Whether the gateway made the thing with this description. */
export function isOwned(thing: { readonly description: string }): boolean {
  return thing.description.startsWith(`${MARK} key=`);
}
