/**
 * Waits for what another request may have begun. The runtime runs what comes after a promise in the request that made the
 * promise, and what is made there, such as an answer, is of no use to any other request. So whoever waits for a promise that
 * is shared waits for one of its own.
 */
export function own<Result>(shared: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    shared.then(resolve, reject);
  });
}
