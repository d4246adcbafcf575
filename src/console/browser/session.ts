import type { ApiKey, Routes } from '../../client/index.ts';
import { request } from './api.ts';

interface Plan {
  readonly name: string;
  readonly points: number;
  readonly projectPoints: number;
  readonly seconds: number;
}

export interface CustomerSession {
  readonly as: 'customer';
  /** In seconds, because the clocks of gateway and browser may differ. */
  readonly expires_in: number;
  /** The key was created for this session and is revoked with it. */
  readonly owned: boolean;
  readonly key: ApiKey;
}

export interface OperatorSession {
  readonly as: 'operator';
  readonly expires_in: number;
  readonly plans: readonly Plan[];
  readonly costs: { readonly read: number; readonly create: number; readonly write: number };
}

export interface SessionState {
  readonly session: CustomerSession | OperatorSession | null;
  /** The gateway's public URL. */
  readonly url: string;
  /** In addition to API keys. */
  readonly sign_in_methods: { readonly users: boolean; readonly operators: boolean };
  /** Whether OpenStack tools work with keys. */
  readonly nova: boolean;
}

export type SignIn =
  | { readonly api_key: string }
  | { readonly admin_token: string }
  | { readonly credentials: Routes['POST /v1/api_keys']['body']['credentials'] };

/** @throws LinguanovaError, like the two below. */
export function fetchSession(): Promise<SessionState> {
  return request('GET', '/console/session');
}

export function signIn(body: SignIn): Promise<SessionState> {
  return request('POST', '/console/session', body);
}

export function signOut(): Promise<void> {
  return request('DELETE', '/console/session');
}
