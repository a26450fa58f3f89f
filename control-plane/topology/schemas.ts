import { z } from '@hono/zod-openapi';
import { FlowSummary, Health, Range } from '../flows/schemas.ts';

/** Systems as nodes, flows as edges. Two flows between the same systems are two edges. */
export const Topology = z.object({
  range: Range,
  systems: z.array(
    z.object({ name: z.string(), title: z.string(), exposure: z.string(), health: Health, flows: z.int() }),
  ),
  flows: z.array(
    FlowSummary.pick({
      name: true,
      title: true,
      source: true,
      target: true,
      entity: true,
      transport: true,
      criticality: true,
      health: true,
      reason: true,
      declared: true,
      figures: true,
    }),
  ),
});
export type Topology = z.infer<typeof Topology>;
