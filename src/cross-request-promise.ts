/**
 * Waits for work that another request may have started, such as a sign-in or a fetch that many share.
 *
 * On Cloudflare Workers, code after a promise runs in the request that created the promise and ends with it. So each request waits
 * for a promise of its own. On Node it makes no difference.
 */
export function forThisRequest<Result>(shared: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    shared.then(resolve, reject);
  });
}
