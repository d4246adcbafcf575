/** What this build is called in `/`, `/healthz`, metrics, logs and the contract; equal to package.json. */

export const NAME = 'linguanova';
export const VERSION = '0.2.0';
