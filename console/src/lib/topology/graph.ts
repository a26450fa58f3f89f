import type { ElkExtendedEdge, ElkNode, ElkPoint } from 'elkjs/lib/elk-api.js';
import type { Topology } from '../api-types.ts';

export type TopologyFlow = Topology['flows'][number];
export type TopologySystem = Topology['systems'][number];

const nodeSize = { width: 150, height: 54 };
const labelCharPx = 6.4;
const labelHeightPx = 22;

/** What the layout is asked for: systems as boxes, flows as labelled edges; what names no system is left out. */
export function elkGraph(topology: Pick<Topology, 'systems' | 'flows'>): ElkNode {
  const known = new Set(topology.systems.map((system) => system.name));
  return {
    id: 'topology',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'SPLINES',
      'elk.layered.spacing.nodeNodeBetweenLayers': '26',
      'elk.spacing.nodeNode': '34',
      'elk.spacing.edgeLabel': '4',
      'elk.layered.spacing.edgeNodeBetweenLayers': '18',
      'elk.layered.spacing.edgeEdgeBetweenLayers': '14',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.edgeLabels.placement': 'CENTER',
    },
    children: topology.systems.map((system) => ({ id: system.name, ...nodeSize })),
    edges: topology.flows
      .filter((flow) => known.has(flow.source) && known.has(flow.target))
      .map((flow) => ({
        id: flow.name,
        sources: [flow.source],
        targets: [flow.target],
        labels: [
          {
            id: `${flow.name}:label`,
            text: labelOf(flow),
            width: labelWidth(labelOf(flow)),
            height: labelHeightPx,
            layoutOptions: { 'elk.edgeLabels.inline': 'true' },
          },
        ],
      })),
  };
}

export interface PlacedFlow {
  readonly flow: TopologyFlow;
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number };
}

export interface PlacedSystem {
  readonly system: TopologySystem;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedTopology {
  readonly systems: readonly PlacedSystem[];
  readonly flows: readonly PlacedFlow[];
  /** Width over height, so that the drawing can fill the page's width. */
  readonly aspect: number;
}

/** The layout's answer joined with the figures of the present. */
export function placed(topology: Pick<Topology, 'systems' | 'flows'>, layout: ElkNode): PlacedTopology {
  const nodes = new Map((layout.children ?? []).map((node) => [node.id, node]));
  const edges = new Map((layout.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    aspect: (layout.width ?? 2) / Math.max(1, layout.height ?? 1),
    systems: topology.systems.flatMap((system) => {
      const node = nodes.get(system.name);
      return node ? [{ system, x: node.x ?? 0, y: node.y ?? 0, ...nodeSize }] : [];
    }),
    flows: topology.flows.flatMap((flow) => {
      const edge = edges.get(flow.name);
      const line = edge && linePoints(edge);
      return line && edge ? [{ flow, path: splinePath(line), label: labelCentre(edge, line) }] : [];
    }),
  };
}

/** Which drawing a topology needs: it changes when systems or flows come or go, not when figures do. */
export function shapeOf(topology: Pick<Topology, 'systems' | 'flows'>): string {
  const systems = topology.systems.map((system) => system.name).toSorted();
  const flows = topology.flows.map((flow) => `${flow.name}:${flow.source}:${flow.target}`).toSorted();
  return JSON.stringify([systems, flows]);
}

/** What the flow carries: the line already says from where to where, and the full title is a hover away. */
export function labelOf(flow: TopologyFlow): string {
  return flow.entity.replaceAll('_', ' ');
}

function labelWidth(text: string): number {
  return Math.round(text.length * labelCharPx + 30);
}

function linePoints(edge: ElkExtendedEdge): ElkPoint[] | undefined {
  const [section] = edge.sections ?? [];
  return section && [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
}

/** Points of ELK's splines as SVG: control points come in threes; what is left over is joined by straight lines. */
export function splinePath(points: readonly ElkPoint[]): string {
  const [start, ...rest] = points;
  if (!start) return '';
  const at = (point: ElkPoint) => `${round(point.x)} ${round(point.y)}`;
  let path = `M ${at(start)}`;
  let index = 0;
  for (; index + 2 < rest.length; index += 3) {
    const [a, b, c] = rest.slice(index, index + 3);
    if (a && b && c) path += ` C ${at(a)}, ${at(b)}, ${at(c)}`;
  }
  for (const point of rest.slice(index)) path += ` L ${at(point)}`;
  return path;
}

function labelCentre(edge: ElkExtendedEdge, line: readonly ElkPoint[]): { x: number; y: number } {
  const [label] = edge.labels ?? [];
  if (label?.x !== undefined && label.y !== undefined) {
    return { x: label.x + (label.width ?? 0) / 2, y: label.y + (label.height ?? 0) / 2 };
  }
  return line[Math.floor(line.length / 2)] ?? { x: 0, y: 0 };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
