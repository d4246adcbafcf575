import type { Context } from 'hono';
import { deadlineIn } from '../clock.ts';
import type { CallContext, CloudDriver } from '../compute/cloud.ts';
import type { PendingReleases } from '../compute/pending-releases.ts';
import type { GatewayEnv } from '../context.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { FailureLimit } from './failure-limit.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { Journal } from './journal.ts';
import { KeyOrigins } from './key-origins.ts';
import type { KeyStore } from './key-store.ts';
import { KeyVerifier } from './key-verifier.ts';
import type { Principal } from './principal.ts';
import { RejectionLog } from './refusal-lines.ts';
import type { ServerSecret } from './server-secret.ts';
import { SignInQueue } from './sign-in-queue.ts';
import type { SpendSignUp } from './sign-up-limit.ts';

/** Requests without a key that an address may make in a minute. */
const MAX_ANONYMOUS_REQUESTS = 600;

/** What keys need from outside. */
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
  /** Names of the rate plans that keys may have. */
  readonly plans: readonly string[];
  /** Milliseconds that everything a request asks of the cloud may take together. */
  readonly timeoutMs: number;
  /** The client's address as this runtime knows it; null when it does not. */
  readonly clientAddress: (c: Context) => string | null;
}

/** Everything that has to do with API keys, for the routes and stages that use it. */
export interface Access extends AccessPorts, AccessOptions {
  /** Gives back what the gateway made. */
  readonly releases: PendingReleases;
  readonly verifier: KeyVerifier;
  readonly keyOrigins: KeyOrigins;
  /**
   * Wrong keys, wrong sign-ins, wrong admin tokens at `/admin` and at `/console` are counted apart: one must not switch off
   * another. A right key or admin token passes whatever they say.
   */
  readonly keyFailures: FailureLimit;
  /** Requests without a key guess nothing, and have a limit of their own. */
  readonly anonymousRequests: FailureLimit;
  /** By address and user: only the cloud can judge a password. */
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

/** The same before anybody has signed in: each address has a share of its own. */
export function anonymousCall(c: Context<GatewayEnv>, access: Access): CallContext {
  return { ...callContext(c, access.timeoutMs), tenant: `address ${access.clientAddress(c) ?? 'unknown'}` };
}

/** What this request allows its calls to the cloud. */
export function callContext(c: Context<GatewayEnv>, deadline: number): CallContext {
  const principal: Principal | undefined = c.get('principal');
  return {
    deadline: deadlineIn(deadline),
    requestId: c.get('requestId'),
    log: c.get('log'),
    allowStale: c.req.method === 'GET' || c.req.method === 'HEAD',
    trace: c.get('trace'),
    tenant: principal?.projectId,
  };
}
