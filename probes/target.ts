import type { ProbeCheck } from '@plumbline/model/catalog/probe.ts';

/** What a check looks at, in a few words that hold no secret. */
export function targetOf(check: ProbeCheck): string {
  switch (check.kind) {
    case 'http': {
      const [first] = check.steps;
      return first === undefined ? '' : first.url.replace(/[?#].*$/, '');
    }
    case 'tcp':
    case 'tls':
      return `${check.host}:${check.port}`;
    case 'dns':
      return `${check.type} ${check.name}`;
    case 'rabbitmq':
      return `${check.connection}/${check.queue}`;
    case 'kafka':
      return `${check.connection}/${check.topic} ${check.group}`;
    case 'nats':
      return `${check.connection}/${check.stream} ${check.consumer}`;
    case 'redis':
      return `${check.connection}/${check.stream} ${check.group}`;
    case 'postgres':
      return `${check.secret}/${check.table}.${check.column}`;
    case 'file':
      return `${check.connection}/${check.pattern}`;
    case 'heartbeat':
      return 'heartbeat';
  }
}
