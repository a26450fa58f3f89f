import { describe, expect, it } from 'vitest';
import { parseStatement } from './statement.ts';

describe('parseStatement', () => {
  it.each([
    ['SELECT 1', 'select', undefined],
    ['WITH 1 AS a SELECT a FORMAT JSON', 'select', 'JSON'],
    ['SELECT format FROM t', 'select', undefined],
    ["SELECT 'x FORMAT CSV'", 'select', undefined],
    ['SELECT 1 FORMAT JSONEachRow SETTINGS max_threads = 1', 'select', 'JSONEachRow'],
    ['(SELECT 1) UNION ALL (SELECT 2 FORMAT x) -- FORMAT CSV', 'select', undefined],
    ['SHOW TABLES FORMAT TSV;', 'other', 'TSV'],
    ['CREATE TABLE t (format String) ENGINE = Memory', 'other', undefined],
  ])('%s is %s with format %s', (sql, kind, format) => {
    expect(parseStatement(sql)).toMatchObject({ kind, format });
  });

  it.each([
    ['INSERT INTO t FORMAT CSV\n1,2', 't', undefined, 'CSV', '1,2'],
    [
      'insert into table `a`.b (x, `y z`) settings async_insert=0 format JSONEachRow {"x":1}',
      '`a`.b',
      'x, `y z`',
      'JSONEachRow',
      '{"x":1}',
    ],
    ['INSERT INTO t (a) VALUES (1); DROP TABLE t', 't', 'a', 'Values', ' (1); DROP TABLE t'],
    ['/* c */ INSERT INTO t (* EXCEPT (a)) FORMAT Native \n', 't', '* EXCEPT (a)', 'Native', ''],
  ])('%j has its data apart', (sql, table, columns, format, data) => {
    const statement = parseStatement(sql);
    expect(statement).toMatchObject({ kind: 'insert-data', target: { table, columns }, format });
    expect(statement.kind === 'insert-data' && sql.slice(statement.dataStart)).toBe(data);
  });

  it('keeps the settings of an insert', () => {
    const sql = "INSERT INTO t SETTINGS insert_deduplication_token = 'a', x = 1 FORMAT Native";
    expect(parseStatement(sql)).toMatchObject({
      target: { settings: "insert_deduplication_token = 'a', x = 1" },
    });
  });

  it.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) WITH 1 AS x SELECT x',
    'INSERT INTO FUNCTION null() SELECT 1',
    'INSERT INTO t (SELECT 1)',
  ])('%s carries no data', (sql) => {
    expect(parseStatement(sql).kind).toBe('other');
  });

  it.each(['SELECT 1; SELECT 2', 'SELECT 1;; DROP TABLE t', 'INSERT INTO t SELECT 1; SELECT 2'])(
    'refuses two statements in %s',
    (sql) => {
      expect(() => parseStatement(sql)).toThrow('Multi-statements');
    },
  );

  it.each([
    'WITH 5 AS a INSERT INTO t SELECT a',
    '(WITH 5 AS a INSERT /* x */ INTO t SELECT a)',
    'SELECT 1 PARALLEL WITH DROP TABLE t',
    'CHECK TABLE t PARALLEL WITH DROP TABLE t',
  ])('%s is no read', (sql) => {
    expect(parseStatement(sql)).toMatchObject({ kind: 'other', isRead: false });
  });

  it('explaining an insert is a read', () => {
    expect(parseStatement('EXPLAIN INSERT INTO t SELECT 1')).toMatchObject({ isRead: true });
  });

  it.each(["SELECT 'a", 'SELECT 1 /* a', ''])('refuses %j as broken', (sql) => {
    expect(() => parseStatement(sql)).toThrow('Syntax error');
  });

  it('refuses files of the command line client', () => {
    expect(() => parseStatement("SELECT 1 INTO OUTFILE '/tmp/x'")).toThrow('INTO OUTFILE');
  });
});
