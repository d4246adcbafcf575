import type { KeyToken } from '../../../access/key-token.ts';
import type { NovaSession } from '../session.ts';
import { catalogOf } from './catalog.ts';

/** What is told about a token: `POST` and `GET /v3/auth/tokens`. */
export function tokenBody(
  token: Omit<KeyToken, 'key'>,
  { id, name }: { readonly id: string; readonly name: string },
  session: NovaSession,
  { publicUrl, withCatalog }: { readonly publicUrl: string; readonly withCatalog: boolean },
): object {
  const { user, project, roles } = session;
  return {
    token: {
      methods: [token.method],
      user: { ...user, password_expires_at: null },
      audit_ids: [token.auditId],
      expires_at: keystoneTime(token.expiresAt),
      issued_at: keystoneTime(token.issuedAt),
      project,
      is_domain: false,
      roles,
      ...(withCatalog && { catalog: catalogOf(session, publicUrl) }),
      ...(token.method === 'application_credential' && {
        application_credential: { id, name, restricted: true },
      }),
    },
  };
}

/** Microseconds, as Keystone prints them and some clients expect them. */
function keystoneTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '000Z');
}
