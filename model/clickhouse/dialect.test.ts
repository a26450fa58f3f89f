import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultLayout, renderMigration, splitStatements } from './dialect.ts';

describe('splitStatements', () => {
  it('splits at semicolons outside literals and comments', () => {
    const sql = `-- a; comment with 'quote\nSELECT 'a;b\\';', 1 - 1 /* ; */ / 2;\n\nSELECT 'it''s;';;`;
    expect(splitStatements(sql)).toEqual([`SELECT 'a;b\\';', 1 - 1  / 2`, `SELECT 'it''s;'`]);
  });
});

describe('renderMigration', () => {
  const sql = `CREATE TABLE t {onCluster} (a Int8) ENGINE = {engine:ReplacingMergeTree(a)} TTL a + {rawDays} SETTINGS {plainSettings}`;

  it('writes plain engines for one server', () => {
    expect(renderMigration(sql, { rawDays: 9, rollupDays: 10 })).toBe(
      'CREATE TABLE t  (a Int8) ENGINE = ReplacingMergeTree(a) TTL a + 9 SETTINGS non_replicated_deduplication_window = 10000',
    );
  });

  it('writes replicated engines for a cluster', () => {
    const text = renderMigration(sql, { ...defaultLayout, cluster: 'main' });
    expect(text).toContain(`ON CLUSTER 'main'`);
    expect(text).toContain(
      `ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', a)`,
    );
    expect(text).toContain('replicated_deduplication_window = 10000');
  });

  it.each([
    ['{nonsense}', defaultLayout, /unknown placeholder/],
    ['{engine:Log}', defaultLayout, /unknown engine/],
    ['{onCluster}', { ...defaultLayout, cluster: "x' --" }, /CLICKHOUSE_CLUSTER/],
    ['{rawDays}', { ...defaultLayout, rawDays: 0.5 }, /whole number/],
  ])('refuses %s', (text, layout, reason) => {
    expect(() => renderMigration(text, layout)).toThrow(reason);
  });
});

describe('the migrations', () => {
  const directory = new URL('./migrations/', import.meta.url);
  const statements = readdirSync(directory).flatMap((name) =>
    splitStatements(readFileSync(new URL(name, directory), 'utf8')),
  );

  it('can each be repeated and remember insert tokens on every table', () => {
    expect(statements.length).toBeGreaterThan(20);
    for (const statement of statements) {
      expect(statement).toMatch(
        /^(CREATE TABLE IF NOT EXISTS \w+ \{onCluster\}|ALTER TABLE \w+ \{onCluster\} ADD COLUMN IF NOT EXISTS )/,
      );
      const rendered = renderMigration(statement, defaultLayout);
      if (!rendered.startsWith('CREATE')) continue;
      expect(rendered).toMatch(/ENGINE = Null$|non_replicated_deduplication_window = 10000$/);
    }
  });
});
