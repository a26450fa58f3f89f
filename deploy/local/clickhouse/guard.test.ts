import { describe, expect, it } from 'vitest';
import { forbidFileAccess } from './guard.ts';

describe('forbidFileAccess', () => {
  it.each([
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM `file` /* x */ ('/etc/passwd')",
    String.raw`SELECT "f\x69le"('/etc/passwd')`,
    "SELECT FILE('a')",
    "CREATE TABLE t (a Int8) ENGINE = File(CSV, '/tmp/x')",
    "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/x')",
    "SELECT * FROM url('file:///etc/passwd', 'CSV')",
    "SELECT * FROM url(concat('fi', 'le:///etc/passwd'), 'CSV')",
    "ATTACH TABLE t FROM '/tmp/x' (a Int8) ENGINE = MergeTree ORDER BY a",
    "SELECT * FROM icebergLocal('/tmp/x')",
    "BACKUP TABLE t TO File('/tmp/x')",
    ...['\u0085', '\u00a0', '\u180e', '\u200b', '\u200c', '\u200d', '\u2060', '\u3000', '\ufeff'].map(
      (space) => `SELECT file${space}('/etc/passwd')`,
    ),
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
    "SELECT * APPLY file FROM (SELECT '/etc/passwd')",
    "SELECT arrayMap(`file`, ['/etc/passwd'])",
    "SELECT 1e-5file('/etc/passwd')",
    "SELECT 1 FORMAT Template SETTINGS max_threads = 1, format_template_row = '/etc/passwd'",
    "SELECT 1 SETTINGS additional_result_filter = 'x'",
    "SELECT * FROM format(Values, 's String', '(file(''/etc/passwd''))')",
    "SELECT * FROM format(JSONEachRow, 's String DEFAULT file(''/etc/passwd'')', '{}')",
    "SELECT * FROM format(JSONEachRow, $a$s String DEFAULT file('/etc/passwd')$a$, '{}')",
    "SELECT * FROM format(JSONEachRow, concat('s String DEFAULT fi', 'le(''/etc/passwd'')'), '{}')",
    "SELECT * FROM format(JSONEachRow, 's String DEFAULT fi' || 'le(''/etc/passwd'')', '{}')",
    "SELECT a FROM values('s String, a String ALIAS file(''/etc/passwd'')', ('x'))",
    "INSERT INTO t SELECT s FROM input('t String, s String DEFAULT file(''/etc/passwd'')') FORMAT JSONEachRow",
    "SELECT * FROM url('http://example.com/x', 'Values', 's String')",
    "CREATE NAMED COLLECTION c AS structure = 's String'",
  ])('refuses %s', (sql) => {
    expect(() => forbidFileAccess(sql)).toThrow('not allowed over HTTP');
  });

  it.each([
    "SELECT 'file(x)', file FROM t WHERE a = 'file:///x'",
    'SELECT url FROM t',
    "SELECT * FROM postgresql('127.0.0.1:5432', 'db', 't', 'u', 'p')",
    'SELECT max(file), concat(file, url) FROM t WHERE dialect = 1',
    'CREATE TABLE t (file String, url String) ENGINE = MergeTree ORDER BY file',
    "SELECT format('{}: {}', upper(a), 'file(x)') FROM t",
    'SELECT * FROM format(JSONEachRow, \'a String DEFAULT lower(b), b String\', \'{"b": "it is not a file"}\')',
    "SELECT * FROM values('a String, b DateTime', ('file(x)', now()), (concat('a', 'b'), now()))",
    "SELECT * FROM url('http://example.com/x', CSV, 'a String', headers('x' = 'y'))",
  ])('allows %s', (sql) => {
    expect(() => forbidFileAccess(sql)).not.toThrow();
  });
});
