/**
 * Waits for work that another request may have begun, such as a sign-in or a read that many share.
 *
 * On Cloudflare Workers code that comes after a promise runs in the request that made the promise. An answer that is made there
 * is of no use to any other request, and what is begun there ends with it. So whoever waits for what is shared waits for a
 * promise of its own, and not with `await` alone. On Node it makes no difference.
 */
export function forThisRequest<Result>(shared: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    shared.then(resolve, reject);
  });
}
