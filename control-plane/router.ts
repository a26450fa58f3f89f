import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Actor } from './actor.ts';
import { Problem } from './problem.ts';

export interface AppEnv {
  Variables: {
    requestId: string;
    /** Set for every route whose policy is not `public`. */
    actor: Actor | undefined;
  };
}

export type AppContext = HonoContext<AppEnv>;

/** A router for one aggregate. A request that its schemas refuse becomes a problem that names each field. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
      const first = errors[0];
      throw new Problem('bad_request', `${first?.path || 'The request'}: ${first?.message ?? 'not valid'}`, {
        errors,
      });
    },
  });
}

/** The actor of a route that is not public. */
export function actorOf(c: AppContext): Actor {
  const actor = c.get('actor');
  if (!actor) throw new Problem('not_signed_in', 'Sign in, or send an API token as a bearer token.');
  return actor;
}
