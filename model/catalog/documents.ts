import type { z } from 'zod';
import type { CatalogError } from './catalog-error.ts';
import { explainIssue } from './explain-issue.ts';
import { type DocumentKind, documentKinds, type DocumentOf, documentSchemas } from './openslo.ts';
import { didYouMean } from './suggest.ts';
import { childOf, type Path, type YamlSource } from './yaml-source.ts';

/** One document and where it stands, so that later checks can point at it. */
export type LocatedDocument = {
  [Kind in DocumentKind]: {
    readonly kind: Kind;
    readonly document: DocumentOf<Kind>;
    readonly source: YamlSource;
  };
}[DocumentKind];

/** Kinds that OpenSLO does not have. */
const ownKinds = ['Calendar', 'Probe', 'Kpi', 'KpiReport'] as const satisfies readonly DocumentKind[];

type Read =
  | { readonly ok: true; readonly document: LocatedDocument }
  | { readonly ok: false; readonly errors: readonly CatalogError[] };

/** Reads one document that names its own kind: those of OpenSLO v1, and our own such as calendars, probes and KPIs. */
export function parseDocument(source: YamlSource): Read {
  const wrong = checkVersion(source);
  if (wrong !== undefined) return { ok: false, errors: [wrong] };
  const kind = childOf(source.value, 'kind') as DocumentKind;
  const schema: z.ZodType = documentSchemas[kind];
  const parsed = schema.safeParse(source.value);
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap((issue) =>
      explainIssue(source.value, issue, schema).map(({ path, part, message }) =>
        errorIn(source, path, message, part),
      ),
    );
    return { ok: false, errors };
  }
  return { ok: true, document: { kind, document: parsed.data, source } as LocatedDocument };
}

/** Error at a path inside a document; the path begins with its kind and name. */
export function errorIn(
  source: YamlSource,
  within: Path,
  message: string,
  part: 'key' | 'value' = 'value',
): CatalogError {
  const kind = childOf(source.value, 'kind');
  const name = childOf(childOf(source.value, 'metadata'), 'name');
  const path = [kind, name, ...within].filter((step) => step !== undefined).map(String);
  return { file: source.file, ...source.locate(within, part), path: path.join('.'), message };
}

function checkVersion(source: YamlSource): CatalogError | undefined {
  const version = childOf(source.value, 'apiVersion');
  const kind = childOf(source.value, 'kind');
  const known = documentKinds as readonly unknown[];
  if (version !== 'openslo/v1' && version !== 'plumbline/v1') {
    const older = typeof version === 'string' && version.startsWith('openslo/');
    const why = older ? `"${version}" is not read here; convert the file to openslo/v1` : undefined;
    return errorIn(
      source,
      ['apiVersion'],
      why ?? `write openslo/v1, or plumbline/v1 for ${ownKinds.join(', ')}`,
    );
  }
  if (!known.includes(kind)) {
    const meant = typeof kind === 'string' ? `unknown kind "${kind.slice(0, 80)}"` : 'kind is missing';
    const ending = didYouMean(typeof kind === 'string' ? kind : '', documentKinds);
    return errorIn(source, ['kind'], `${meant}${ending}`);
  }
  const wanted = (ownKinds as readonly unknown[]).includes(kind) ? 'plumbline/v1' : 'openslo/v1';
  if (version === wanted) return undefined;
  return errorIn(source, ['apiVersion'], `a ${String(kind)} is written with apiVersion: ${wanted}`);
}
