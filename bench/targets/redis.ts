import { startRedis } from '../../test/support/redis.ts';

/** A Redis for one benchmark. */
export interface BenchRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  command(name: string, ...args: string[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** null, with the reason printed, where Redis cannot be had. */
export async function benchRedis(): Promise<BenchRedis | null> {
  const redis = await startRedis();
  if (redis === null) return null;
  const server = String(await redis.command('INFO', 'server'));
  return { ...redis, pid: Number(/^process_id:(\d+)/m.exec(server)?.[1]) };
}
