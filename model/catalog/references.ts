import { type CatalogError } from './catalog-error.ts';
import { type Declared, errorAt, type ItemOf, type Kind, kinds, type Located } from './parse-files.ts';
import { durationMs } from './schema.ts';
import { didYouMean } from './suggest.ts';

interface Names {
  readonly systems: readonly string[];
  readonly connections: readonly string[];
  readonly entities: readonly string[];
}

/** Checks that names are unique and that each name that an item mentions exists. */
export function checkReferences(declared: Declared): CatalogError[] {
  const names: Names = {
    systems: declared.systems.map(({ item }) => item.name),
    connections: declared.connections.map(({ item }) => item.name),
    entities: declared.entities.map(({ item }) => item.name),
  };
  return [
    ...kinds.flatMap((kind) => duplicates(kind, declared[kind])),
    ...sharedServices(declared.systems),
    ...declared.entities.flatMap((entity) => checkEntity(entity, names)),
    ...declared.flows.flatMap((flow) => checkFlow(flow, names)),
    ...declared.processes.flatMap((process) => checkProcess(process, names)),
  ];
}

/** The `service.name`s that speak for a system: those it lists, else its own name. */
export function servicesOf(system: ItemOf<'systems'>): readonly string[] {
  return system.services ?? [system.name];
}

/** Entity that a business event is about: the part of its name before the first dot. */
function entityOfEvent(event: string): string {
  return event.slice(0, event.indexOf('.'));
}

function duplicates(kind: Kind, items: readonly Located<{ readonly name: string }>[]): CatalogError[] {
  const first = new Map<string, Located<{ readonly name: string }>>();
  return items.flatMap((located) => {
    const earlier = first.get(located.item.name);
    if (earlier === undefined) {
      first.set(located.item.name, located);
      return [];
    }
    const { line } = earlier.source.locate([...earlier.path, 'name']);
    const where = `${earlier.source.file}:${line}`;
    const message = `"${located.item.name}" is declared in ${where} already; rename or remove one of the ${kind}`;
    return [errorAt(located, ['name'], message)];
  });
}

function sharedServices(systems: Declared['systems']): CatalogError[] {
  const owners = new Map<string, string>();
  return systems.flatMap((located) =>
    servicesOf(located.item).flatMap((service, index) => {
      const owner = owners.get(service);
      owners.set(service, owner ?? located.item.name);
      if (owner === undefined || owner === located.item.name) return [];
      const within = located.item.services === undefined ? ['name'] : ['services', index];
      return [
        errorAt(located, within, `service "${service}" speaks for system "${owner}" already; name it once`),
      ];
    }),
  );
}

function checkEntity(located: Located<ItemOf<'entities'>>, names: Names): CatalogError[] {
  return Object.entries(located.item.authority).flatMap(([field, system]) =>
    known(located, ['authority', field], 'system', system, names.systems),
  );
}

function checkFlow(located: Located<ItemOf<'flows'>>, names: Names): CatalogError[] {
  const { source, target, entity, transport, deadLetters } = located.item;
  return [
    ...(transport.connection === undefined
      ? []
      : known(located, ['transport', 'connection'], 'connection', transport.connection, names.connections)),
    ...deadLetters.keys.flatMap((key, index) =>
      known(located, ['deadLetters', 'keys', index, 'entity'], 'entity', key.entity, names.entities),
    ),
    ...known(located, ['source'], 'system', source, names.systems),
    ...known(located, ['target'], 'system', target, names.systems),
    ...known(located, ['entity'], 'entity', entity, names.entities),
  ];
}

function checkProcess(located: Located<ItemOf<'processes'>>, names: Names): CatalogError[] {
  const { lead, entities, value } = located.item;
  const errors = entities.flatMap((entity, index) =>
    known(located, ['entities', index], 'entity', entity, names.entities),
  );
  if (!entities.includes(lead)) {
    const message = `"${lead}" must be one of the process's entities${didYouMean(lead, entities)}`;
    errors.push(errorAt(located, ['lead'], message));
  }
  if (value) {
    errors.push(...known(located, ['value', 'event'], 'entity', entityOfEvent(value.event), names.entities));
  }
  return [...errors, ...checkMilestones(located, names)];
}

function checkMilestones(located: Located<ItemOf<'processes'>>, names: Names): CatalogError[] {
  const { milestones } = located.item;
  const milestoneNames = milestones.map(({ name }) => name);
  const errors: CatalogError[] = [];
  for (const [index, milestone] of milestones.entries()) {
    const at = ['milestones', index];
    errors.push(...known(located, [...at, 'system'], 'system', milestone.system, names.systems));
    errors.push(
      ...known(located, [...at, 'event'], 'entity', entityOfEvent(milestone.event), names.entities),
    );
    if (milestoneNames.indexOf(milestone.name) !== index) {
      const message = `milestone "${milestone.name}" stands twice in this process; rename one`;
      errors.push(errorAt(located, [...at, 'name'], message));
    }
    if (milestone.after !== undefined) {
      errors.push(...known(located, [...at, 'after'], 'milestone', milestone.after, milestoneNames));
    }
    if (milestone.within !== undefined && durationMs(milestone.within) === 0) {
      errors.push(
        errorAt(located, [...at, 'within'], 'a deadline of zero can never be met; write a longer one'),
      );
    }
  }
  if (milestones[0]?.within !== undefined || milestones[0]?.after !== undefined) {
    const message = 'the first milestone starts the clock and has no deadline; remove "within" and "after"';
    errors.push(errorAt(located, ['milestones', 0], message));
  }
  return [...errors, ...milestoneCycles(located)];
}

function milestoneCycles(located: Located<ItemOf<'processes'>>): CatalogError[] {
  const { milestones } = located.item;
  const after = new Map(milestones.map((milestone) => [milestone.name, milestone.after]));
  for (const [index, { name }] of milestones.entries()) {
    const trail = [name];
    let next = after.get(name);
    while (next !== undefined && next !== name && trail.length <= milestones.length) {
      trail.push(next);
      next = after.get(next);
    }
    if (next !== name) continue;
    const circle = [...trail, name].join(' after ');
    return [
      errorAt(
        located,
        ['milestones', index, 'after'],
        `milestones wait for each other: ${circle}; break the circle`,
      ),
    ];
  }
  return [];
}

function known(
  located: Located<{ readonly name: string }>,
  within: readonly PropertyKey[],
  what: string,
  name: string,
  names: readonly string[],
): CatalogError[] {
  if (names.includes(name)) return [];
  const ending = names.length === 0 ? `; declare it` : didYouMean(name, names);
  return [errorAt(located, within, `unknown ${what} "${name}"${ending}`)];
}
