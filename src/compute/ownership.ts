/**
 * The marks on what the gateway makes, so that it can be told from everybody else's, and found again.
 *
 * @module
 */

const MARK = 'linguanova';

/** OpenStack's limit for a description, in characters. */
const MAX_DESCRIPTION = 255;

/**
 * `linguanova key=<id> request=<random> instance=<name>`: whose key made it, by which request, and for what. No two requests have
 * the same. A long name is cut, the mark never is.
 */
export function ownedDescription(keyId: string, instanceName: string): string {
  const request = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  // By code points: half a character cannot be sent.
  return [...`${MARK} key=${keyId} request=${request} instance=${instanceName}`]
    .slice(0, MAX_DESCRIPTION)
    .join('');
}

/** `linguanova request=<mark>`: the description of an instance that a request with an Idempotency-Key made. */
export function requestDescription(mark: string): string {
  return `${MARK} request=${mark}`;
}

/** For a request without an Idempotency-Key: what it makes can be found if its response is lost. */
export function newRequestMark(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** Whether the gateway made the thing with this description. */
export function isOwned(thing: { readonly description: string }): boolean {
  return thing.description.startsWith(`${MARK} key=`);
}
