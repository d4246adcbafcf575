import type { Context } from 'hono';
import { presentedKey } from '../../access/authenticate.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import type { CloudDriver } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import type { AtHand, ToldReads } from './at-hand.ts';
import type { CacheKey } from './cache-key.ts';
import { type MemoEntry, RequestMemo } from './request-memo.ts';
import type { ResponseCache } from './response-cache.ts';
import { toResponse } from './to-response.ts';

interface BeforeCached extends MemoEntry {
  readonly key: CacheKey;
  /** As metrics and log name it. */
  readonly route: string;
}

export interface ToldBeforePorts {
  readonly clouds: Pick<CloudDriver, 'peekCaller'>;
  readonly versions: ProjectVersions;
  readonly answers: ResponseCache;
  readonly requestTarget: RequestTarget;
}

/** Remembers who was told what, so that the next one like it need not find out again whether it may be. */
export class ToldBefore implements ToldReads {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new RequestMemo<BeforeCached>();

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  readonly keyIn = presentedKey;

  note(c: Context<GatewayEnv>, before: BeforeCached): void {
    this.#remembered.set(this.#ports.requestTarget(c), before);
  }

  /**
   * The key, the cloud's word and the project's version have to be as they were, and the answer fresh; null when any of it is
   * not so, or would have to be asked.
   */
  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null {
    const { clouds, versions, answers, requestTarget } = this.#ports;
    const letInAs = clouds.peekCaller?.(principal.credential) ?? null;
    const before = this.#remembered.get(requestTarget(c), principal, letInAs);
    if (before === null) return null;
    const version = versions.peek?.(before.key.projectId) ?? null;
    const told = version === null ? null : answers.peekFresh(before.key, version);
    if (told === null) return null;
    return {
      route: before.route,
      result: told.result,
      answer: (beside) => toResponse(beside, c.req.header('If-None-Match'), told, monotonicMs()),
    };
  }
}
