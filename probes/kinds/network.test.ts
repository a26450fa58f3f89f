import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect, test } from 'vitest';
import { probeOf } from '../probe-for-tests.ts';
import { runProbe } from '../run-probe.ts';
import { toolsForTests } from '../tools-for-tests.ts';

const dayMs = 86_400_000;

test('tcp: an open port passes and a closed one fails', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const look = () => runProbe(probeOf({ kind: 'tcp', host: '127.0.0.1', port }), toolsForTests()).run;
  expect(await look()).toMatchObject({ outcome: 'passed', target: `127.0.0.1:${port}` });
  await new Promise((resolve) => server.close(resolve));
  const refused = await look();
  expect(refused.outcome).toBe('failed');
  expect(refused.why).toMatch(/cannot be reached: .*ECONNREFUSED/);
});

test('tls: tells how long the certificate of a server holds, and whether it is trusted', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'probes5-tls-'));
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=erp.test', '-days', '10'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'].concat(
      ['-keyout', key, '-out', cert],
      subject,
    ),
    { stdio: 'ignore' },
  );
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const look = (conditions: string[], now = Date.now) =>
    runProbe(probeOf({ kind: 'tls', host: '127.0.0.1', port }, { conditions }), toolsForTests({ now })).run;
  try {
    expect(await look(['certificate.expires_in > 9d', "certificate.subject == 'erp.test'"])).toMatchObject({
      outcome: 'passed',
    });
    expect(await look(['certificate.expires_in > 14d'])).toMatchObject({
      outcome: 'failed',
      failedCondition: 'certificate.expires_in > 14d',
    });
    expect(await look(['certificate.trusted'])).toMatchObject({
      outcome: 'failed',
      why: 'certificate.trusted',
    });
    const later = await look(['certificate.expires_in > 0s'], () => Date.now() + 11 * dayMs);
    expect(later.outcome).toBe('failed');
    expect(later.measures['certificate.expires_in']).toBeLessThan(0);
  } finally {
    server.close();
    rmSync(dir, { recursive: true });
  }
});

test('dns: asks the name server that it is told to, and takes a name that is not there for no answer', async () => {
  const server = createSocket('udp4');
  server.on('message', (question, from) => server.send(answerTo(question), from.port, from.address));
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  const look = (name: string, conditions?: string[]) =>
    runProbe(
      probeOf(
        { kind: 'dns', name, server: `127.0.0.1:${server.address().port}` },
        { timeout: '2s', ...(conditions && { conditions }) },
      ),
      toolsForTests(),
    ).run;
  try {
    expect(await look('erp.test', ["has(answers, '10.1.2.3')", 'len(answers) == 1'])).toMatchObject({
      outcome: 'passed',
    });
    expect(await look('gone.test')).toMatchObject({ outcome: 'failed', failedCondition: 'len(answers) > 0' });
    expect((await look('ill.test')).why).toBe('The name server did not answer: ESERVFAIL');
  } finally {
    server.close();
  }
});

/** Answers erp.test with 10.1.2.3, names that begin with i by SERVFAIL and others by NXDOMAIN (RFC 1035). */
function answerTo(question: Buffer): Buffer {
  const first = String.fromCharCode(question[13] ?? 0);
  const code = first === 'e' ? 0 : first === 'i' ? 2 : 3;
  const end = question.indexOf(0, 12) + 5;
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(code === 0 ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3]);
  return Buffer.concat([header, question.subarray(12, end), code === 0 ? record : Buffer.alloc(0)]);
}
