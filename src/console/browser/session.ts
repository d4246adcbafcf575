import type { ApiKey, Routes } from '../../client/index.ts';
import { request } from './api.ts';

/** A plan as the operator has configured it. */
export interface Plan {
  readonly name: string;
  readonly points: number;
  readonly projectPoints: number;
  readonly seconds: number;
}

export interface CustomerSession {
  readonly as: 'customer';
  /** Seconds: the clocks of gateway and browser may differ. */
  readonly expires_in: number;
  /** The key was made for this session, and ends with it. */
  readonly owned: boolean;
  readonly key: ApiKey;
}

export interface OperatorSession {
  readonly as: 'operator';
  /** Seconds: the clocks of gateway and browser may differ. */
  readonly expires_in: number;
  readonly plans: readonly Plan[];
  readonly costs: { readonly read: number; readonly create: number; readonly write: number };
}

/** What the gateway says of itself, and of who is signed in. */
export interface SessionState {
  readonly session: CustomerSession | OperatorSession | null;
  /** Where customers find the gateway. */
  readonly url: string;
  /** Who can sign in, beside those who have a key. */
  readonly signInMethods: { readonly users: boolean; readonly operators: boolean };
  /** OpenStack's own tools work with keys. */
  readonly nova: boolean;
}

export type SignIn =
  | { readonly api_key: string }
  | { readonly admin_token: string }
  | { readonly credentials: Routes['POST /v1/api_keys']['body']['credentials'] };

/** Who is signed in. @throws LinguanovaError as the two below. */
export function fetchSession(): Promise<SessionState> {
  return request('GET', '/console/session');
}

export function signIn(body: SignIn): Promise<SessionState> {
  return request('POST', '/console/session', body);
}

export function signOut(): Promise<void> {
  return request('DELETE', '/console/session');
}
