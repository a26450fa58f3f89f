import { z } from 'zod';

const instant = z.union([z.date(), z.number(), z.string().regex(/^\d[\d\-:. TZ]*$/)]);
const integer = z.union([z.int(), z.bigint(), z.string().regex(/^-?\d+$/)]);

const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*):([^{}]+)\}/g;

/**
 * Checks that every `{name:Type}` of the SQL has a value that fits, and that no value is left over.
 * Answers the first problem as half a sentence, undefined when all is well.
 */
export function checkParameters(sql: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const types = new Map<string, string>();
  for (const [, name = '', type = ''] of sql.matchAll(placeholder)) types.set(name, type.replaceAll(' ', ''));
  for (const [name, type] of types) {
    if (!Object.hasOwn(params, name)) return `parameter ${name} is missing`;
    const checked = schemaOf(type).safeParse(params[name]);
    if (!checked.success) return `parameter ${name} is not of type ${type}`;
  }
  for (const name of Object.keys(params)) if (!types.has(name)) return `parameter ${name} is not in the SQL`;
  return undefined;
}

function schemaOf(type: string): z.ZodType {
  const inner = /^(Array|Nullable|LowCardinality)\((.*)\)$/s.exec(type);
  if (inner?.[1] === 'Array') return z.array(schemaOf(inner[2] ?? '')).max(100_000);
  if (inner?.[1] === 'Nullable') return schemaOf(inner[2] ?? '').nullable();
  if (inner) return schemaOf(inner[2] ?? '');
  if (/^U?Int\d+$/.test(type)) return integer;
  if (/^Float\d+$/.test(type)) return z.number();
  if (/^(Date|DateTime)/.test(type)) return instant;
  if (/^Decimal/.test(type)) return z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]);
  if (type === 'Bool') return z.boolean();
  if (/^(String|FixedString|UUID|Identifier|Enum)/.test(type)) return z.string();
  if (/^Map\(/.test(type)) return z.record(z.string(), z.unknown());
  if (/^Tuple\(/.test(type)) return z.unknown();
  return z.never();
}
