import ELK from 'elkjs/lib/elk.bundled.js';
import type { ElkNode } from 'elkjs/lib/elk-api.js';

/** Places systems and routes flows. The engine is heavy: import this module on demand. */
export function layOut(graph: ElkNode): Promise<ElkNode> {
  return new ELK().layout(graph);
}
