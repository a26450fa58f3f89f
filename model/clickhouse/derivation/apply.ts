import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Catalog } from '../../catalog/schema.ts';
import { explain, query, type ClickHouse } from '../client.ts';
import { onCluster, type StoreLayout } from '../dialect.ts';
import { compileDerivation } from './compile.ts';
import type { View } from './view.ts';

export interface Applied {
  readonly viewsHash: string;
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * Brings the materialized views to what the catalog asks. A view that exists is changed in place, never dropped
 * and created again: inserts go on meanwhile, lose nothing, and a retry is still recognised by the view it met first.
 */
export async function applyDerivation(
  clickHouse: ClickHouse,
  catalog: Catalog,
  layout: Pick<StoreLayout, 'cluster'> = {},
): Promise<Applied> {
  const views = compileDerivation(catalog);
  const cluster = onCluster({ ...layout, rawDays: 1, rollupDays: 1 });
  const existing = await existingViews(clickHouse);
  const created: string[] = [];
  const changed: string[] = [];
  for (const view of views) {
    const comment = existing.get(view.name);
    if (comment === hashOf(view.query)) continue;
    (comment === undefined ? created : changed).push(view.name);
    for (const sql of comment === undefined ? creation(view, cluster) : change(view, cluster)) {
      await run(clickHouse, sql);
    }
  }
  const wanted = new Set(views.map((view) => view.name));
  const dropped = [...existing.keys()].filter((name) => !wanted.has(name));
  for (const name of dropped) await run(clickHouse, `DROP VIEW IF EXISTS \`${name}\` ${cluster}`);
  const viewsHash = hashOf(views.map((view) => `${view.name}\n${view.query}`).join('\n'));
  await record(clickHouse, catalog.hash, viewsHash);
  return { viewsHash, created, changed, dropped };
}

/** The views of this database that write to a table, with the hash of their query that stands in their comment. */
async function existingViews(clickHouse: ClickHouse): Promise<Map<string, string>> {
  const rows = await query(clickHouse, {
    name: 'derivation.views',
    sql: `SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView' LIMIT 1000`,
    params: {},
    schema: z.object({ name: z.string(), comment: z.string() }),
  });
  return new Map(rows.map((row) => [row.name, row.comment]));
}

function creation(view: View, cluster: string): string[] {
  return [
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view.name} ${cluster} TO ${view.target} AS ${view.query}`,
    comment(view, cluster),
  ];
}

function change(view: View, cluster: string): string[] {
  return [`ALTER TABLE ${view.name} ${cluster} MODIFY QUERY ${view.query}`, comment(view, cluster)];
}

/** The hash is written last: a change that stopped half-way is made again. */
function comment(view: View, cluster: string): string {
  return `ALTER TABLE ${view.name} ${cluster} MODIFY COMMENT '${hashOf(view.query)}'`;
}

async function record(clickHouse: ClickHouse, catalogHash: string, viewsHash: string): Promise<void> {
  await run(
    clickHouse,
    `INSERT INTO derivation_applied SELECT now64(3), {catalogHash:String}, {viewsHash:String}
     WHERE (SELECT argMax((CatalogHash, ViewsHash), AppliedAt) FROM derivation_applied) != ({catalogHash:String}, {viewsHash:String})`,
    { catalogHash, viewsHash },
  );
}

async function run(clickHouse: ClickHouse, sql: string, params: Record<string, string> = {}): Promise<void> {
  try {
    await clickHouse.command({
      query: sql,
      query_params: params,
      // Thousands of flows make a view longer than the 256 KiB that a query may have by default.
      clickhouse_settings: {
        log_comment: 'derivation.apply',
        max_query_size: '16777216',
        max_ast_elements: '1000000',
        max_expanded_ast_elements: '1000000',
      },
    });
  } catch (error) {
    throw explain('derivation.apply', error);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
