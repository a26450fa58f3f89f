import { expect, it } from 'vitest';
import { compileCatalog } from './compile-catalog.ts';

const base = `
systems:
  - { name: erp, title: ERP, owner: finance, services: [erp] }
connections:
  - { name: rabbit, kind: rabbitmq, url: 'amqp://127.0.0.1:5672' }
  - { name: edi-files, kind: file }
`;

function compile(spec: string) {
  const text = `apiVersion: plumbline/v1
kind: Probe
metadata: { name: look }
spec:
  system: erp
${spec
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}`;
  return compileCatalog(
    new Map([
      ['base.yaml', base],
      ['probe.yaml', text],
    ]),
  );
}

function errorsOf(spec: string): string[] {
  const result = compile(spec);
  if (result.ok) return [];
  return result.errors.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

it('compiles a probe with its defaults', () => {
  const result = compile(`check: { kind: tls, host: erp.example }`);
  expect(result.ok ? result.catalog.probes : result.errors).toMatchObject([
    {
      name: 'look',
      title: 'look',
      every: '1m',
      timeout: '10s',
      check: { kind: 'tls', port: 443 },
      conditions: ['certificate.trusted', 'certificate.expires_in > 14d'],
    },
  ]);
});

it('takes steps that hand on what they saved', () => {
  const spec = `check:
  kind: http
  steps:
    - url: http://erp.example/login
      method: POST
      json: { user: probe, password: '\${secret.erp-probe}' }
      save: { token: body.token }
    - url: http://erp.example/orders
      headers: { authorization: 'Bearer \${saved.token}' }
      conditions: [status == 200, len(body.items) > 0]`;
  expect(errorsOf(spec)).toEqual([]);
});

it.each([
  [
    'check: { kind: rabbitmq, connection: rabbit, queue: q }\nconditions: [depth < 5m]',
    '7 Probe.look.spec.conditions.0: at character 9: is a duration and cannot be compared with a number',
  ],
  [
    'check: { kind: rabbitmq, connection: rabbit, queue: q }',
    '5 Probe.look.spec: conditions are missing; write at least one',
  ],
  [
    'check: { kind: rabbitmq, connection: edi-files, queue: q }\nconditions: [depth < 5]',
    '6 Probe.look.spec.check.connection: "edi-files" is a connection of file, not of rabbitmq',
  ],
  [
    'check: { kind: rabbitmq, connection: rabit, queue: q }\nconditions: [depth < 5]',
    '6 Probe.look.spec.check.connection: unknown connection "rabit"; did you mean "rabbit"?',
  ],
  [
    'every: 5s\ncheck: { kind: tcp, host: erp, port: 80 }',
    '5 Probe.look.spec.timeout: is longer than every 5s: runs would overlap; shorten it',
  ],
  [
    "check: { kind: http, steps: [{ url: 'http://${saved.host}/x' }] }",
    '6 Probe.look.spec.check.steps.0: ${saved.host} was not saved by an earlier step',
  ],
  [
    "check: { kind: http, steps: [{ url: 'http://erp/?t=${secret.t}' }] }",
    '6 Probe.look.spec.check.steps.0: a secret in a URL ends in logs; put it into a header',
  ],
  [
    "check: { kind: http, steps: [{ url: 'http://me:pw@erp/' }] }",
    '6 Probe.look.spec.check.steps.0.url: leave user and password to a header with a secret',
  ],
  [
    "check: { kind: file, connection: edi-files, pattern: '997-{dd}.txt' }",
    '6 Probe.look.spec.check.pattern: {dd} needs to know when the file is due; write expected too',
  ],
  [
    "check: { kind: file, connection: edi-files, pattern: '*.csv', expected: { cron: '99 * * * *', timeZone: UTC } }",
    "6 Probe.look.spec.check.expected.cron: write five fields of cron, such as '0 6 * * mon-fri'",
  ],
  [
    'every: 1h\ncheck: { kind: heartbeat, within: 10m, secret: beat }',
    '7 Probe.look.spec.check.within: is shorter than every 1h; look more often',
  ],
  [
    'flow: nowhere\ncheck: { kind: tcp, host: erp, port: 80 }',
    '6 Probe.look.spec.flow: unknown flow "nowhere"',
  ],
])('%s is refused with its line', (spec, error) => {
  expect(errorsOf(spec)).toContain(error);
});

it('says which kinds there are', () => {
  expect(errorsOf('check: { kind: htttp }')).toEqual([
    '6 Probe.look.spec.check.kind: unknown value "htttp"; write one of http, tcp, tls, dns, rabbitmq, kafka, nats, redis, postgres, file, heartbeat',
  ]);
});
