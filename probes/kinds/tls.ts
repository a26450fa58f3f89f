import { connect, type PeerCertificate } from 'node:tls';
import { type Look, type LookContext, onAbort } from '../look.ts';
import { isIP } from 'node:net';

interface Greeting {
  readonly certificate: PeerCertificate;
  readonly authorizationError: string | undefined;
  readonly protocol: string;
}

/** Reads the certificate that a server shows. One that is not trusted is read all the same. */
export const lookTls: Look<'tls'> = async (check, context) => {
  context.note(`TLS to ${check.host}:${check.port}`);
  const { certificate, authorizationError, protocol } = await greet(
    check.host,
    check.port,
    check.serverName ?? check.host,
    context,
  );
  const expiresMs = Date.parse(certificate.valid_to);
  if (Number.isNaN(expiresMs)) throw new Error(`${check.host}:${check.port} shows no certificate.`);
  context.note('certificate', { expires: certificate.valid_to, error: authorizationError ?? 'none' });
  return {
    values: {
      // An expired one is below zero, so that every limit fails.
      'certificate.expires_in': (expiresMs - context.now()) / 1000,
      'certificate.trusted': authorizationError === undefined,
      'certificate.subject': nameOf(certificate.subject),
      'certificate.issuer': nameOf(certificate.issuer),
      protocol,
    },
  };
};

function greet(host: string, port: number, serverName: string, context: LookContext): Promise<Greeting> {
  context.reach.refuseAddress(host);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // Nothing is sent over it: the certificate is what is judged.
      rejectUnauthorized: false,
      lookup: context.reach.lookup,
      ...(isIP(serverName) === 0 && { servername: serverName }),
    });
    const forget = onAbort(context.signal, () => socket.destroy(new Error('the time is over')));
    socket.once('error', (error: Error) => {
      forget();
      reject(new Error(`${host}:${port} cannot be reached over TLS: ${error.message}`, { cause: error }));
    });
    socket.once('secureConnect', () => {
      forget();
      const error: unknown = socket.authorizationError;
      resolve({
        certificate: socket.getPeerCertificate(),
        authorizationError: socket.authorized
          ? undefined
          : error instanceof Error
            ? error.message
            : String(error),
        protocol: socket.getProtocol() ?? '',
      });
      socket.destroy();
    });
  });
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const common: unknown = name?.CN;
  return typeof common === 'string' ? common : '';
}
