/** The little that is used of the plugin's own module; its types want `@cloudflare/workers-types`. */
declare module 'cloudflare:test' {
  export interface Migration {
    readonly name: string;
    readonly queries: readonly string[];
  }
  export function applyD1Migrations(database: unknown, migrations: readonly Migration[]): Promise<void>;
  /** Tears the object down, in the middle of what it remembers; its storage stays. */
  export function evictDurableObject(object: unknown): Promise<void>;
  export function runDurableObjectAlarm(object: unknown): Promise<boolean>;
}
