import { openFile } from './file.ts';
import { openHttp } from './http.ts';
import { openKafka } from './kafka.ts';
import { openNats } from './nats.ts';
import { openRabbitmq } from './rabbitmq.ts';
import { openRedis } from './redis.ts';
import type { OpenTransport } from './port.ts';

const adapters: Readonly<Record<string, OpenTransport>> = {
  amqp: openRabbitmq,
  amqps: openRabbitmq,
  file: openFile,
  http: openHttp,
  https: openHttp,
  kafka: openKafka,
  kafkas: openKafka,
  nats: openNats,
  redis: openRedis,
  rediss: openRedis,
  tls: openNats,
};

/** Opens the adapter that the scheme of a URL names. @throws Error when there is none for it */
export const openTransport: OpenTransport = (url, options) => {
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1] ?? '';
  const open = adapters[scheme];
  if (!open)
    throw new Error(
      `Nothing here speaks "${scheme}"; give the connection a URL that begins with ${Object.keys(adapters).join(', ')}.`,
    );
  return open(url, options);
};
