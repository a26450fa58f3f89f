import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { z } from '@hono/zod-openapi';
import type { RecordRow } from './queries.ts';
import type { RecordComparison } from './schemas.ts';

const mask = '••••••';

/**
 * What each system believes of each key, side by side. A field agrees when every system that has it says the same;
 * a masked field is compared by its true value and shown as dots.
 */
export function compareRecords(
  rows: readonly RecordRow[],
  catalog: Catalog,
): z.output<typeof RecordComparison>[] {
  return [...Map.groupBy(rows, ({ key }) => key)].map(([key, records]) => {
    const entity = catalog.entities.find(({ name }) => key.startsWith(`${name}:`));
    const masked = new Set(entity?.masked ?? []);
    const names = [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))].sort();
    return {
      key,
      records: records.map(({ system, version, at, deleted, fields }) => ({
        system,
        version,
        at,
        deleted: deleted === 1,
        fields: maskFields(fields, masked),
      })),
      fields: names.map((field) => ({
        field,
        authority: entity?.authority[field] ?? null,
        agree: agrees(
          records.flatMap(({ fields, deleted }) =>
            deleted === 0 && field in fields ? [fields[field] ?? ''] : [],
          ),
        ),
        masked: masked.has(field),
      })),
    };
  });
}

/** Hides the values of masked fields; a field of an event may stand under `entity.field`. */
export function maskFields(
  fields: Readonly<Record<string, string>>,
  masked: ReadonlySet<string>,
): Record<string, string> {
  const isMasked = (name: string) => masked.has(name) || masked.has(name.slice(name.lastIndexOf('.') + 1));
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isMasked(name) ? mask : value]),
  );
}

/** Texts agree when they are the same, or are the same decimal number: 10, 10.0 and 10.00 are one amount. */
function agrees(values: readonly string[]): boolean {
  return new Set(values.map(canonical)).size <= 1;
}

function canonical(value: string): string {
  const number = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(value.trim());
  if (!number) return value;
  const [, sign = '', whole = '0', fraction = ''] = number;
  const digits = fraction ? `${whole}.${fraction}` : whole;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}
