import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatCatalogErrors } from './catalog-error.ts';
import { canonicalJson, compileCatalog, emptyCatalog } from './compile-catalog.ts';

const base = {
  systems: [
    { name: 'erp', title: 'ERP', owner: 'it' },
    { name: 'shop', title: 'Shop', owner: 'it' },
  ],
  entities: [
    { name: 'order', title: 'Order' },
    { name: 'shipment', title: 'Shipment' },
  ],
};

const flow = (name: string, more: object = {}): object => ({
  name,
  title: name,
  source: 'shop',
  target: 'erp',
  entity: 'order',
  transport: { kind: 'http', destination: '/orders' },
  owner: 'it',
  ...more,
});

const process = (milestones: object[], more: object = {}): object => ({
  processes: [
    {
      name: 'otc',
      title: 'OTC',
      owner: 'it',
      lead: 'order',
      entities: ['order', 'shipment'],
      milestones,
      ...more,
    },
  ],
});

const milestone = (name: string, more: object = {}): object => ({
  name,
  title: name,
  event: `order.${name}`,
  system: 'erp',
  ...more,
});

function errorsOf(...files: (object | string)[]): string {
  const result = compileCatalog(textsOf(files));
  return result.ok ? '' : formatCatalogErrors(result.errors);
}

function warningsOf(...files: (object | string)[]): string {
  const result = compileCatalog(textsOf(files));
  if (!result.ok) throw new Error(formatCatalogErrors(result.errors));
  return formatCatalogErrors(result.warnings);
}

function textsOf(files: readonly (object | string)[]): Map<string, string> {
  const named = files.map((file, index) => [
    `${index + 1}.yaml`,
    typeof file === 'string' ? file : stringify(file),
  ]);
  return new Map(named as [string, string][]);
}

describe('compileCatalog', () => {
  it('points at the line of an unknown name and says what was meant', () => {
    const text = [
      'flows:',
      '  - name: orders',
      '    title: Orders',
      '    source: shp',
      '    target: erp',
      '    entity: ordr',
      '    transport: { kind: http, destination: /orders }',
      '    owner: it',
    ].join('\n');
    expect(errorsOf(base, text)).toBe(
      [
        '2.yaml:4:13  flows.orders.source: unknown system "shp"; did you mean "shop"?',
        '2.yaml:6:13  flows.orders.entity: unknown entity "ordr"; did you mean "order"?',
      ].join('\n'),
    );
  });

  it('suggests the key that was meant and names the type that is wanted', () => {
    const text = 'sytems: []\nentities:\n  - name: order\n    titel: Order\n    idPattern: 12\n';
    expect(errorsOf(text)).toBe(
      [
        '1.yaml:1:1  sytems: unknown key "sytems"; did you mean "systems"?',
        '1.yaml:3:5  entities.order.title: "title" is missing; write a text',
        '1.yaml:4:5  entities.order.titel: unknown key "titel"; did you mean "title"?',
        "1.yaml:5:16  entities.order.idPattern: write a text, not a number; quote it, as in '12'",
      ].join('\n'),
    );
  });

  it('lists the allowed values of a choice', () => {
    const wrong = { flows: [flow('orders', { transport: { kind: 'rabitmq', destination: 'q' } })] };
    expect(errorsOf(base, wrong)).toContain(
      'flows.orders.transport.kind: unknown value "rabitmq"; write one of rabbitmq, kafka, nats, redis, http, file',
    );
  });

  it.each([
    ['a: 1\n---\nb: 2\n', 'only one YAML document'],
    ['systems: []\nsystems: []\n', 'stands twice'],
    ['systems:\n\t- name: a\n', 'spaces'],
    ['- 1\n', 'write a mapping with systems'],
    ['systems: [', 'not valid YAML'],
  ])('refuses %j', (text, message) => {
    expect(errorsOf(text)).toContain(message);
  });

  it('refuses anchors that expand without bound', () => {
    const layers = Array.from({ length: 9 }, (_, i) => {
      const inner = i === 0 ? '[x]' : `[${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`;
      return `a${i}: &a${i} ${inner}`;
    });
    expect(errorsOf(layers.join('\n'))).toContain('anchors expand to too much');
  });

  it('names both places of a name declared twice', () => {
    expect(errorsOf(base, { systems: [{ name: 'erp', title: 'Other', owner: 'it' }] })).toBe(
      '2.yaml:2:11  systems.erp.name: "erp" is declared in 1.yaml:2 already; rename or remove one of the systems',
    );
  });

  it('refuses a service that speaks for two systems', () => {
    const other = { systems: [{ name: 'old-erp', title: 'Old', owner: 'it', services: ['erp'] }] };
    expect(errorsOf(base, other)).toContain('service "erp" speaks for system "erp" already');
  });

  it('checks what a process refers to', () => {
    const milestones = [
      milestone('placed'),
      milestone('paid', { system: 'erq' }),
      milestone('paid', { after: 'plced' }),
      milestone('posted', { event: 'shipmnt.posted' }),
    ];
    const errors = errorsOf(base, process(milestones, { lead: 'ordr' }));
    expect(errors).toContain('lead: "ordr" must be one of the process\'s entities; did you mean "order"?');
    expect(errors).toContain('unknown system "erq"; did you mean "erp"?');
    expect(errors).toContain('unknown milestone "plced"; did you mean "placed"?');
    expect(errors).toContain('unknown entity "shipmnt"; did you mean "shipment"?');
    expect(errors).toContain('milestone "paid" stands twice');
  });

  it('refuses milestones that wait for each other and a deadline on the first', () => {
    const circle = [
      milestone('a'),
      milestone('b', { after: 'd' }),
      milestone('c', { after: 'b' }),
      milestone('d', { after: 'c' }),
    ];
    expect(errorsOf(base, process(circle))).toContain('b after d after c after b; break the circle');
    expect(errorsOf(base, process([milestone('a', { within: '5m' })]))).toContain(
      'the first milestone starts the clock',
    );
    expect(errorsOf(base, process([milestone('a'), milestone('b', { within: '0s' })]))).toContain(
      'never be met',
    );
  });

  it('warns of matches that one span can satisfy, and only of those', () => {
    const match = (destination: unknown, more: object = {}) => ({
      match: [{ 'messaging.destination.name': destination, ...more }],
    });
    const overlapping = {
      flows: [
        flow('a', match('orders.*')),
        flow('b', match(['x', 'orders.eu'], { 'span.kind': 'consumer' })),
      ],
    };
    expect(warningsOf(base, overlapping)).toContain(
      'flows.b.match.0: a span can match this and flow "a" too',
    );
    const apart = {
      flows: [
        flow('a', match('orders.*')),
        flow('b', match('orders')),
        flow('c', { match: [{ 'url.template': '/x' }] }),
      ],
    };
    expect(warningsOf(base, apart)).toBe('');
  });

  it('warns of an attribute that names two entities', () => {
    const shared = {
      entities: [
        { name: 'a', title: 'A', attributes: ['no'] },
        { name: 'b', title: 'B', attributes: ['no'] },
      ],
    };
    expect(warningsOf(base, shared)).toContain('"no" names entity "a" too');
  });

  it('gives one hash whatever the order of files, items and keys, and another for other content', () => {
    const items = [
      ...base.systems.map((item) => ({ systems: [item] })),
      ...base.entities.map((item) => ({ entities: [item] })),
      ...['one', 'two', 'three'].map((name) => ({ flows: [flow(name)] })),
    ];
    const hashOf = (files: readonly (object | string)[]): string => {
      const result = compileCatalog(textsOf(files));
      if (!result.ok) throw new Error(formatCatalogErrors(result.errors));
      return result.catalog.hash;
    };
    const expected = hashOf(items);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(items, { minLength: items.length }),
        fc.integer({ min: 1, max: 8 }),
        (shuffled, indent) => {
          const texts = shuffled.map(
            (file, index) => `# file ${index}\n\n${stringify(file, { indent, sortMapEntries: true })}`,
          );
          expect(hashOf(texts)).toBe(expected);
        },
      ),
    );
    expect(hashOf([...items, { systems: [{ name: 'wms', title: 'WMS', owner: 'it' }] }])).not.toBe(expected);
    expect(emptyCatalog().hash).toBe(hashOf(['']));
  });

  it('never throws, whatever a file holds', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .object({ key: fc.constantFrom('systems', 'entities', 'name', 'schemas', '1', '__proto__', 'flows') })
        .map((value) => stringify(value)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const result = compileCatalog(new Map([['any.yaml', text]]));
        expect(result.ok || result.errors.every(({ message, line }) => message.length > 0 && line >= 0)).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('bounds the number of errors', () => {
    const many = { systems: Array.from({ length: 400 }, () => ({ name: 'X' })) };
    expect(errorsOf(many).split('\n')).toHaveLength(201);
    expect(errorsOf(many)).toMatch(/and \d+ more errors$/);
  });
});

describe('canonicalJson', () => {
  it('is equal for equal values and keeps the order of lists', () => {
    expect(canonicalJson({ b: [2, 1], a: { d: 1, c: 2 } })).toBe('{"a":{"c":2,"d":1},"b":[2,1]}');
  });
});
