import type { ProbeCheck } from '@plumbline/model/catalog/probe.ts';
import type { Found, LookContext } from '../look.ts';
import { lookDns } from './dns.ts';
import { lookFile } from './file.ts';
import { lookHeartbeat } from './heartbeat.ts';
import { lookHttp } from './http.ts';
import { lookKafka } from './kafka.ts';
import { lookNats } from './nats.ts';
import { lookPostgres } from './postgres.ts';
import { lookRabbitmq } from './rabbitmq.ts';
import { lookRedis } from './redis.ts';
import { lookTcp } from './tcp.ts';
import { lookTls } from './tls.ts';

/** Looks with the kind of the check. @throws Error with a sentence when it could not look */
export function lookAt(check: ProbeCheck, context: LookContext): Promise<Found> {
  switch (check.kind) {
    case 'http':
      return lookHttp(check, context);
    case 'tcp':
      return lookTcp(check, context);
    case 'tls':
      return lookTls(check, context);
    case 'dns':
      return lookDns(check, context);
    case 'rabbitmq':
      return lookRabbitmq(check, context);
    case 'kafka':
      return lookKafka(check, context);
    case 'nats':
      return lookNats(check, context);
    case 'redis':
      return lookRedis(check, context);
    case 'postgres':
      return lookPostgres(check, context);
    case 'file':
      return lookFile(check, context);
    case 'heartbeat':
      return lookHeartbeat(check, context);
  }
}
