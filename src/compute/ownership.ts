/**
 * Marks in descriptions and tags, by which the gateway recognizes and finds what it created.
 *
 * @module
 */

const MARK = 'linguanova';

/** OpenStack's limit. */
const MAX_DESCRIPTION = 255;

/** `linguanova key=<id> request=<random> instance=<name>`, unique per request. A long name is truncated, the mark is not. */
export function ownedDescription(keyId: string, name: string, kind = 'instance'): string {
  const request = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  // By code points: half a surrogate pair cannot be sent.
  return [...`${MARK} key=${keyId} request=${request} ${kind}=${name}`].slice(0, MAX_DESCRIPTION).join('');
}

/** How the mark of an instance begins. */
export const INSTANCE_MARK = `${MARK} request=`;

/** `linguanova request=<request>`: at the cloud a description or a tag of the instance, and shown in no dialect. */
export function instanceMark(request: string): string {
  return INSTANCE_MARK + request;
}

export function isInstanceMark(text: string): boolean {
  return text.startsWith(INSTANCE_MARK);
}

/** For a request without an Idempotency-Key, whose instance is searched for when the response is lost. */
export function newRequestMark(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** Whether the gateway created it. */
export function isOwned(thing: { readonly description: string }): boolean {
  return thing.description.startsWith(`${MARK} key=`);
}

/** The description that a customer gave, without the gateway's mark. */
export function customerDescription(thing: { readonly description: string }): string {
  return isOwned(thing) ? '' : thing.description;
}
