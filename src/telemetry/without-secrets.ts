/** The shortest secret, an admin token, has 16 characters. */
const LONG_WORD = /[^\s/(),;]{16,}/g;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Long words of paths and user agents. Others, such as names that customers chose, are redacted too. */
const KNOWN = new Set([
  'application_credentials',
  'network-ip-availabilities',
  'os-availability-zone',
  'os-flavor-access',
  'os-instance-actions',
  'os-security-groups',
  'os-server-groups',
  'os-simple-tenant-usage',
  'os-volume_attachments',
  'python-openstackclient',
  'security-group-rules',
]);

/**
 * A path or a header that clients choose, without what may be a key or a token, which they put there by mistake. The length decides:
 * a secret that is percent-encoded or has another case is found too.
 */
export function withoutSecrets(text: string): string {
  return text.replace(LONG_WORD, (word) => (UUID.test(word) || KNOWN.has(word) ? word : 'REDACTED'));
}
