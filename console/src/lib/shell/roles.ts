import type { Session } from '#lib/api-types.ts';

type Role = Session['user']['role'];
const order: readonly Role[] = ['viewer', 'operator', 'engineer', 'admin'];

/** Whether someone may do what needs `needed`; the API decides, this only spares people what it would refuse. */
export function mayAct(session: Session | undefined, needed: Role): boolean {
  return session !== undefined && order.indexOf(session.user.role) >= order.indexOf(needed);
}
