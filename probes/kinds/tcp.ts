import { connect, type Socket } from 'node:net';
import { type Look, type LookContext, onAbort } from '../look.ts';

/** A connection is accepted. */
export const lookTcp: Look<'tcp'> = async (check, context) => {
  context.note(`connect to ${check.host}:${check.port}`);
  const socket = await connectTo(check.host, check.port, context);
  socket.destroy();
  return { values: {} };
};

function connectTo(host: string, port: number, context: LookContext): Promise<Socket> {
  context.reach.refuseAddress(host);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: context.reach.lookup });
    const forget = onAbort(context.signal, () => socket.destroy(new Error('the time is over')));
    socket.once('error', (error) => {
      forget();
      reject(new Error(`${host}:${port} cannot be reached: ${error.message}`, { cause: error }));
    });
    socket.once('connect', () => {
      forget();
      resolve(socket);
    });
  });
}
