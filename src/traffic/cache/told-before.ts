import type { Context } from 'hono';
import { presentedKey } from '../../access/authenticate.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import type { CloudDriver } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { AtHand, ToldReads } from './at-hand.ts';
import type { CacheKey } from './cache-key.ts';
import { type Before, Remembered } from './remembered.ts';
import { tell } from './tell.ts';

interface BeforeCached extends Before {
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

/** Remembers who was told what, so that the next one like it need not find out again whether it may be. */
export class ToldBefore implements ToldReads {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new Remembered<BeforeCached>();

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  readonly keyIn = presentedKey;

  note(c: Context<GatewayEnv>, before: BeforeCached): void {
    this.#remembered.note(this.#ports.requestTarget(c), before);
  }

  /**
   * The key, the cloud's word and the project's version have to be as they were, and the answer fresh; null when any of it is
   * not so, or would have to be asked.
   */
  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null {
    const { clouds, versions, answers, requestTarget } = this.#ports;
    const letInAs = clouds.knownCaller?.(principal.credential) ?? null;
    const before = this.#remembered.find(requestTarget(c), principal, letInAs);
    if (before === null) return null;
    const version = versions.known?.(before.key.projectId) ?? null;
    const told = version === null ? null : answers.atHand(before.key, version);
    if (told === null) return null;
    return {
      route: before.route,
      result: told.result,
      answer: (beside) => tell(beside, c.req.header('If-None-Match'), told, monotonicMs()),
    };
  }
}
