import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

const tryListen = (port: number, host: string): Promise<number | NodeJS.ErrnoException> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });

/** Below what systems give to outgoing connections (32768 and up), so that none takes the port before its owner listens. */
const privatePorts = { first: 20_000, count: 12_000 };
const attemptsMax = 100;

const given = new Set<number>();

/** A port that is free now, and that this process was not given before. */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  let problem = new Error('No port is free.');
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = privatePorts.first + randomInt(privatePorts.count);
    if (given.has(port)) continue;
    const bound = await tryListen(port, host);
    if (typeof bound === 'number') {
      given.add(port);
      return bound;
    }
    problem = bound;
  }
  throw problem;
};

/** The sentence that says why a port cannot be used and what moves it; undefined when it is free. */
export const portProblem = async (
  name: string,
  port: number,
  host: string,
  variable: string,
): Promise<string | undefined> => {
  const bound = await tryListen(port, host);
  if (typeof bound === 'number') return undefined;
  const remedy = `set ${variable} to another port`;
  if (bound.code === 'EADDRINUSE')
    return `Port ${port} for ${name} is taken by another program: stop it, or ${remedy}.`;
  if (bound.code === 'EACCES') return `Port ${port} for ${name} is reserved for the system: ${remedy}.`;
  return `Port ${port} for ${name} cannot be opened on ${host} (${bound.code ?? bound.message}): ${remedy}, or correct PLUMBLINE_BIND.`;
};

/** True when something on this machine takes connections on the port. */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 });
    const settle = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
    socket.once('timeout', settle(false));
  });
