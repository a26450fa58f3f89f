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
  ])('refuses %s', (sql) => {
    expect(() => forbidFileAccess(sql)).toThrow('not allowed over HTTP');
  });

  it.each([
    "SELECT 'file(x)', file FROM t WHERE a = 'file:///x'",
    'SELECT url FROM t',
    "SELECT * FROM postgresql('127.0.0.1:5432', 'db', 't', 'u', 'p')",
    'SELECT max(file), concat(file, url) FROM t WHERE dialect = 1',
    'CREATE TABLE t (file String, url String) ENGINE = MergeTree ORDER BY file',
  ])('allows %s', (sql) => {
    expect(() => forbidFileAccess(sql)).not.toThrow();
  });
});
