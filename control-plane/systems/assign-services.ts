interface Declared {
  readonly name: string;
  readonly services?: readonly string[] | undefined;
}

/**
 * Services by the system they belong to, and those of none. A service that is called as a system is that system's, listed
 * or not, unless another system lists it: events count it so too, and no two systems may show under one name.
 */
export function assignServices<Row extends { readonly service: string }>(
  systems: readonly Declared[],
  rows: readonly Row[],
): { bySystem: Map<string, Row[]>; unclaimed: Row[] } {
  const owners = new Map(systems.map(({ name }) => [name, name]));
  for (const { name, services = [name] } of systems)
    for (const service of services) owners.set(service, name);
  const byOwner = Map.groupBy(rows, ({ service }) => owners.get(service));
  const unclaimed = byOwner.get(undefined) ?? [];
  return { bySystem: new Map(systems.map(({ name }) => [name, byOwner.get(name) ?? []])), unclaimed };
}
