import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { Problem, problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { rowsCsv, tilesCsv } from './csv.ts';
import { readKpi } from './read-kpi.ts';
import { readKpis, type Asked } from './read-kpis.ts';
import { readRowsPage } from './read-rows.ts';
import { listReports, previewReport } from './reports.ts';
import {
  KpiDetail,
  KpiList,
  KpiParam,
  KpiQuery,
  KpiReportList,
  KpiReportMail,
  KpiRows,
  KpiRowsQuery,
} from './schemas.ts';

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
  ...problemResponses,
});
const csv = (description: string) => ({
  200: { description, content: { 'text/csv': { schema: z.string() } } },
  ...problemResponses,
});
const csvHeaders = (name: string) => ({
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename="${name}.csv"`,
});

const list = createRoute({
  method: 'get',
  path: '/kpis',
  summary: 'Every KPI over one day, week or month, with target, trend and the period before',
  request: { query: KpiQuery },
  responses: json('By name', KpiList),
});
const listCsv = createRoute({
  method: 'get',
  path: '/kpis.csv',
  summary: 'The same as a table',
  request: { query: KpiQuery },
  responses: csv('One line a KPI'),
});
const one = createRoute({
  method: 'get',
  path: '/kpis/{name}',
  summary: 'One KPI: definition, trend, figures, and who contributes most to what is missed',
  request: { params: KpiParam, query: KpiQuery },
  responses: json('The KPI', KpiDetail),
});
const rows = createRoute({
  method: 'get',
  path: '/kpis/{name}/rows',
  summary: 'What a KPI counted, newest first; all pages together sum to the KPI',
  request: { params: KpiParam, query: KpiRowsQuery },
  responses: json('A page of rows', KpiRows),
});
const rowsAsCsv = createRoute({
  method: 'get',
  path: '/kpis/{name}/rows.csv',
  summary: 'The same as a table, at most 10,000 rows',
  request: { params: KpiParam, query: KpiRowsQuery.omit({ limit: true, cursor: true }) },
  responses: csv('One line a row'),
});

const reports = createRoute({
  method: 'get',
  path: '/kpi-reports',
  summary: 'Mails on KPIs that go out once a period, and what became of the last one',
  responses: json('By name', KpiReportList),
});
const preview = createRoute({
  method: 'get',
  path: '/kpi-reports/{name}/preview',
  summary: 'The mail on the last whole period, exactly as it goes out',
  request: { params: KpiParam },
  responses: json('The mail', KpiReportMail),
});

const csvRowsMax = 10_000;

export function kpiRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const asked = askedOf(c.req.valid('query'));
      return c.json({ period: asked.period, items: await readKpis(context, asked) }, 200);
    })
    .openapi(listCsv, async (c) => {
      const asked = askedOf(c.req.valid('query'));
      return c.body(tilesCsv(await readKpis(context, asked)), 200, csvHeaders('kpis'));
    })
    .openapi(reports, async (c) => c.json({ items: await listReports(context) }, 200))
    .openapi(preview, async (c) => c.json(await previewReport(context, c.req.valid('param').name), 200))
    .openapi(one, async (c) =>
      c.json(await readKpi(context, c.req.valid('param').name, askedOf(c.req.valid('query'))), 200),
    )
    .openapi(rows, async (c) => {
      const { only, by, value, cursor, limit, ...period } = c.req.valid('query');
      const asked = {
        ...askedOf(period),
        missedOnly: only === 'missed',
        dim: dimOf(by, value),
        cursor,
        limit,
      };
      return c.json(await readRowsPage(context, c.req.valid('param').name, asked), 200);
    })
    .openapi(rowsAsCsv, async (c) => {
      const { only, by, value, ...period } = c.req.valid('query');
      const { name } = c.req.valid('param');
      const asked = {
        ...askedOf(period),
        missedOnly: only === 'missed',
        dim: dimOf(by, value),
        cursor: undefined,
        limit: csvRowsMax,
      };
      return c.body(rowsCsv((await readRowsPage(context, name, asked)).items), 200, csvHeaders(name));
    });
}

function askedOf({ period, at }: z.output<typeof KpiQuery>): Asked {
  const year = Number(at?.slice(0, 4) ?? 2000);
  if (year < 1971 || year > 2105)
    throw new Problem('bad_request', 'at: write a date of the years 1971 to 2105.', {
      errors: [{ path: 'at', message: 'outside of the years 1971 to 2105' }],
    });
  return { period, at };
}

function dimOf(position: number | undefined, value: string | undefined) {
  if (position === undefined && value === undefined) return undefined;
  if (position !== undefined && value !== undefined) return { position, value };
  throw new Problem('bad_request', 'by and value go together: give both or neither.', {
    errors: [{ path: 'by', message: 'needs a value' }],
  });
}
