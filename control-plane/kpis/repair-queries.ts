import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Trouble } from './repair-time.ts';

/** More troubles in two periods than this are no longer a matter of single ones. */
export const troublesMax = 5000;

const ms = z.date().transform((at) => at.getTime());
const Row = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.string(),
  flows: z.array(z.string()),
  systems: z.array(z.string()),
  impactAtMs: ms,
  detectedAtMs: ms,
  acknowledgedAtMs: ms.nullable(),
  restoredAtMs: ms.nullable(),
});

/** Incidents, and alerts of some severities that belong to none, that were detected in a range. */
export function readTroubles(
  on: Executor,
  severities: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<Trouble[]> {
  return query(on, {
    name: 'kpis.troubles',
    sql: `
      SELECT id, title, severity, flows, systems, impact_at AS "impactAtMs", detected_at AS "detectedAtMs",
        acknowledged_at AS "acknowledgedAtMs", restored_at AS "restoredAtMs"
      FROM (
        SELECT 'incident:' || number AS id, title, severity, flows,
          ARRAY(SELECT DISTINCT unnest(a.systems) FROM incident_alerts ia JOIN alerts a USING (episode)
                WHERE ia.incident = i.number ORDER BY 1) AS systems,
          impact_started_at AS impact_at, detected_at, acknowledged_at, restored_at
        FROM incidents i WHERE detected_at >= $1 AND detected_at < $2
        UNION ALL
        SELECT 'alert:' || episode, title, severity, flows, systems, least(started_at, fired_at), fired_at, NULL, resolved_at
        FROM alerts
        WHERE fired_at >= $1 AND fired_at < $2 AND severity = ANY ($3::text[])
          AND NOT EXISTS (SELECT 1 FROM incident_alerts ia WHERE ia.episode = alerts.episode)
      ) AS troubles
      ORDER BY detected_at DESC, id DESC LIMIT ${troublesMax}`,
    params: [new Date(fromMs), new Date(toMs), severities],
    schema: Row,
  });
}
