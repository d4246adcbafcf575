import type { Context } from 'hono';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import { KeyTokens } from '../../access/key-token.ts';
import type { Principal } from '../../access/principal.ts';
import type { GatewayEnv } from '../../context.ts';
import type { PublicUrl } from '../../http/public-url.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import type { AtHand, ToldReads } from '../../traffic/cache/at-hand.ts';
import { type MemoEntry, RequestMemo } from '../../traffic/cache/request-memo.ts';
import { requestHeaders } from './headers.ts';
import type { KeptRead, KeptReads } from './kept-reads.ts';
import type { PassThrough } from './pass-through.ts';
import { toResponse } from './proxied-response.ts';

interface BeforeKept extends MemoEntry {
  readonly read: KeptRead;
}

export interface ToldBeforePorts {
  readonly passThrough: Pick<PassThrough, 'knownSession'>;
  readonly keptReads: Pick<KeptReads, 'atHand'>;
  readonly tokens: Pick<KeyTokens, 'cached'>;
  readonly requestTarget: RequestTarget;
  readonly publicUrl: PublicUrl;
}

/** Remembers who was told what of the cloud's own answers, so that the next one need not find out again whether it may be. */
export class ToldBefore implements ToldReads {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new RequestMemo<BeforeKept>();

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  keyIn(c: Context<GatewayEnv>): PresentedCredential | undefined {
    const text = c.req.header('x-auth-token')?.trim();
    return text !== undefined && KeyTokens.isToken(text) ? this.#ports.tokens.cached(text) : text;
  }

  note(c: Context<GatewayEnv>, before: BeforeKept): void {
    this.#remembered.set(this.#wordsOf(c), before);
  }

  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null {
    const { passThrough, keptReads } = this.#ports;
    const before = this.#remembered.get(
      this.#wordsOf(c),
      principal,
      passThrough.knownSession(principal.credential),
    );
    if (before === null) return null;
    const prepared = keptReads.atHand(before.read);
    if (prepared === null) return null;
    return { route: before.read.route, result: 'hit', answer: (beside) => toResponse(beside, prepared) };
  }

  /** Whatever the answer may depend on, in the client's own words. */
  #wordsOf(c: Context<GatewayEnv>): string {
    const { requestTarget, publicUrl } = this.#ports;
    let text = `${requestTarget(c)} ${publicUrl(c)}`;
    const words = requestHeaders(c.req.raw.headers, true);
    for (const word in words) if (word !== 'user-agent') text += `\n${word}: ${words[word]}`;
    return text;
  }
}
