/** Each role may do what the roles before it may. */
export const roles = ['viewer', 'operator', 'engineer', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who does something: a person with a session, an API token, or Plumbline itself. */
export interface Actor {
  readonly kind: 'person' | 'token' | 'system';
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The session by which a person acts. */
  readonly sessionId?: string;
}

/** Acts of Plumbline that nobody asked for, such as making the first sign-in link. */
export const plumbline: Actor = { kind: 'system', id: 'plumbline', name: 'Plumbline', role: 'admin' };

/** Whether `role` may do what needs `needed`. */
export function reaches(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
