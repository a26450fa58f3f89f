import { z } from 'zod';
import type { Engine } from './engine.ts';
import { quoteIdentifier, quoteString } from './lexer.ts';

const View = z.object({ database: z.string(), name: z.string(), comment: z.string() });

/**
 * Writes each materialized view's own comment anew, before anything is inserted. This engine gives a view one identity
 * in deduplication when it was loaded and another once it was altered: without this, an insert that is sent again
 * across a restart would be known to the base table and pass through every view a second time.
 */
export const settleViews = async (engine: Engine): Promise<void> => {
  const lines = await engine.control(
    `SELECT database, name, comment FROM system.tables WHERE engine = 'MaterializedView' AND database != 'system' ORDER BY database, name LIMIT 10000`,
    'JSONEachRow',
  );
  for (const line of lines.split('\n').filter((text) => text !== '')) {
    const { database, name, comment } = View.parse(JSON.parse(line));
    await engine.control(
      `ALTER TABLE ${quoteIdentifier(database)}.${quoteIdentifier(name)} MODIFY COMMENT ${quoteString(comment)}`,
      'TSV',
    );
  }
};
