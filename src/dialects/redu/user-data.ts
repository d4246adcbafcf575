import { canonicalBase64, encodeBase64 } from '../../http/base64.ts';
import { text } from '../../http/field-schemas.ts';

/** Nova's limit, counted in base64. */
const MAX_ENCODED_LENGTH = 65_535;

/** User data in a request: plain text or base64; base64 once decoded. */
export const userDataSchema = text
  .transform(encodeUserData)
  .refine((encoded) => encoded.length <= MAX_ENCODED_LENGTH, {
    error: `must have at most ${MAX_ENCODED_LENGTH} bytes once it is base64 (about 49,000 as plain text)`,
  })
  .meta({ description: 'cloud-init user data: base64, which is passed on as it is, or any other text.' });

/**
 * User data as base64. Canonical base64 (standard alphabet, padding, line breaks aside) is passed on whatever its bytes are;
 * everything else is encoded as UTF-8. No real user data is mistaken for base64: it has a `#`, a `:`, a `<`, a `{` or a space.
 */
export function encodeUserData(userData: string): string {
  const unwrapped = userData.replaceAll(/[\r\n]/g, '');
  if (canonicalBase64(unwrapped) === unwrapped) return unwrapped;
  return encodeBase64(new TextEncoder().encode(userData));
}
