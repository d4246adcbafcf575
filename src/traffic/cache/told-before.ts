import type { Context } from 'hono';
import { presentedKey } from '../../access/authenticate.ts';
import type { Principal } from '../../access/principal.ts';
import type { CloudDriver, SignedInCaller } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { LruMap } from '../../lru-map.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { AtHand, ToldReads } from './at-hand.ts';
import type { CacheKey } from './cache-key.ts';
import { tell } from './tell.ts';

/** What a request has found out on its way, that holds for the next one of the same key for the same target. */
export interface Before {
  /** It changes with the key: its scopes, its plan, its project. So does what it is allowed to be told. */
  readonly principal: Principal;
  /** The cloud tells another object once it has let the caller in anew. */
  readonly caller: SignedInCaller;
  readonly key: CacheKey;
  /** As metrics and log name it. */
  readonly route: string;
}

export interface ToldBeforePorts {
  readonly clouds: Pick<CloudDriver, 'knownCaller'>;
  readonly versions: ProjectVersions;
  readonly answers: AnswerCache;
  readonly requestTarget: RequestTarget;
}

const MAX_REMEMBERED = 10_000;
const LONGEST_TARGET = 500;

/** Remembers who was told what, so that the next one like it need not find out again whether it may be. */
export class ToldBefore implements ToldReads {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new LruMap<Before>({ max: MAX_REMEMBERED });

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  readonly keyIn = presentedKey;

  note(c: Context<GatewayEnv>, before: Before): void {
    const target = this.#ports.requestTarget(c);
    if (target.length > LONGEST_TARGET) return;
    const name = nameOf(before.principal, target);
    const known = this.#remembered.get(name);
    if (known?.principal === before.principal && known.caller === before.caller) return;
    this.#remembered.set(name, before);
  }

  /**
   * The key, the cloud's word and the project's version have to be as they were, and the answer fresh; null when any of it is
   * not so, or would have to be asked.
   */
  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null {
    const { clouds, versions, answers, requestTarget } = this.#ports;
    const before = this.#remembered.get(nameOf(principal, requestTarget(c)));
    if (before?.principal !== principal) return null;
    if (clouds.knownCaller?.(principal.credential) !== before.caller) return null;
    const version = versions.known?.(before.key.projectId) ?? null;
    const told = version === null ? null : answers.atHand(before.key, version.number);
    if (told === null) return null;
    return {
      route: before.route,
      result: told.result,
      answer: (beside) => tell(beside, c.req.header('If-None-Match'), told, Date.now()),
    };
  }
}

function nameOf({ keyId }: Principal, target: string): string {
  return `${keyId} ${target}`;
}
