import type { Context } from 'hono';
import { deadlineIn } from '../clock.ts';
import type { CallContext, CloudDriver } from '../compute/cloud.ts';
import type { PendingReleases } from '../compute/pending-releases.ts';
import type { GatewayEnv } from '../context.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { FailureLimit, RejectionLog } from './failure-limit.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { Journal } from './journal.ts';
import { KeyOrigins } from './key-origins.ts';
import type { KeyStore } from './key-store.ts';
import { KeyVerifier } from './key-verifier.ts';
import type { Principal } from './principal.ts';
import type { ServerSecret } from './server-secret.ts';
import { SignInQueue } from './sign-in-queue.ts';
import { CredentialSweep } from './withdraw-credentials.ts';

/** Per address and minute. */
const MAX_ANONYMOUS_REQUESTS = 600;

/** Charges a sign-up before anything is created. @throws ComputeError `rate_limited`. */
export type SpendSignUp = (userId: string, address: string | null) => Promise<void>;

export interface AccessPorts {
  readonly clouds: CloudDriver;
  readonly identities: IdentityProvider;
  readonly keys: KeyStore;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface AccessOptions {
  /** Seals credentials and keys the hashes of API keys. */
  readonly secret: ServerSecret;
  readonly plans: readonly string[];
  /** Names of the cloud's services that are served; further ones have scopes of their own. */
  readonly services: ReadonlySet<string>;
  /** For all upstream calls of a request together. */
  readonly upstreamBudgetMs: number;
  /** null if the runtime does not know it. */
  readonly clientAddress: (c: Context) => string | null;
}

export interface Access extends AccessPorts, AccessOptions {
  readonly releases: PendingReleases;
  readonly credentials: CredentialSweep;
  readonly verifier: KeyVerifier;
  readonly keyOrigins: KeyOrigins;
  /**
   * Wrong keys, sign-ins, and admin tokens at `/admin` and at `/console` have separate limits, so that one does not block
   * another. None of them blocks a valid key or admin token.
   */
  readonly keyFailures: FailureLimit;
  readonly anonymousRequests: FailureLimit;
  /** By address and user, checked before the sign-in: only the cloud can verify a password. */
  readonly signInFailures: FailureLimit;
  readonly adminFailures: FailureLimit;
  readonly consoleFailures: FailureLimit;
  readonly signIns: SignInQueue;
  readonly rejectionLog: RejectionLog;
  readonly journal: Journal;
  readonly spendSignUp: SpendSignUp;
}

export function createAccess(
  ports: AccessPorts,
  options: AccessOptions,
  releases: PendingReleases,
  spendSignUp: SpendSignUp,
): Access {
  return {
    ...ports,
    ...options,
    releases,
    credentials: new CredentialSweep({ ...ports, region: ports.clouds.regions.default }),
    spendSignUp,
    verifier: new KeyVerifier(ports.keys, options.secret),
    keyOrigins: new KeyOrigins(ports.keys),
    keyFailures: new FailureLimit(),
    anonymousRequests: new FailureLimit(MAX_ANONYMOUS_REQUESTS),
    signInFailures: new FailureLimit(),
    adminFailures: new FailureLimit(),
    consoleFailures: new FailureLimit(),
    signIns: new SignInQueue(),
    rejectionLog: new RejectionLog(ports.log),
    journal: new Journal(ports.keys, ports.log),
  };
}

/** `callContext` before authentication: each address counts as a tenant. */
export function anonymousCall(c: Context<GatewayEnv>, access: Access): CallContext {
  return {
    ...callContext(c, access.upstreamBudgetMs),
    tenant: `address ${access.clientAddress(c) ?? 'unknown'}`,
  };
}

export function callContext(c: Context<GatewayEnv>, upstreamBudgetMs: number): CallContext {
  const principal: Principal | undefined = c.get('principal');
  return {
    region: c.get('region'),
    deadline: deadlineIn(upstreamBudgetMs),
    requestId: c.get('requestId'),
    log: c.get('log'),
    allowStale: c.req.method === 'GET' || c.req.method === 'HEAD',
    trace: c.get('trace'),
    tenant: principal?.projectId,
  };
}
