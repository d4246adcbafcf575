import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to Redis on which what is published can be held back, while commands go through. */
export interface RedisProxy {
  readonly url: string;
  /** From now on nothing that is published comes through. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

export async function redisProxy(port: number): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  const subscribers = new Set<Socket>();
  let isHeld = false;
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
        sockets.delete(socket);
        subscribers.delete(redis);
      });
    }
    client.on('data', (bytes) => {
      if (/subscribe/i.test(bytes.toString('latin1'))) subscribers.add(redis);
      redis.write(bytes);
    });
    redis.on('data', (bytes) => client.write(bytes));
    if (isHeld) redis.once('data', () => subscribers.has(redis) && redis.pause());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold() {
      isHeld = true;
      for (const redis of subscribers) redis.pause();
    },
    release() {
      isHeld = false;
      for (const redis of subscribers) redis.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
