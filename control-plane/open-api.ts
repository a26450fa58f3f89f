import type { OpenAPIHono } from '@hono/zod-openapi';
import { sessionCookie } from './access/sessions.ts';
import { policy, type Access } from './policy.ts';
import type { AppEnv } from './router.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * The OpenAPI 3.1 document of every route below /api/v1. Who may call what comes from the policy, so the document
 * cannot promise what the guard refuses.
 */
export function describeApi(app: OpenAPIHono<AppEnv>, version: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description:
      'Given by POST /api/v1/session. A request that changes something must come from the same origin.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token, made with POST /api/v1/tokens.',
  });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Plumbline',
      version,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { token: [] }],
  });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      const access = policy[routeOf(method, path)];
      operation.operationId ??= operationIdOf(method, path);
      operation.tags ??= [path.split('/')[3] ?? 'api'];
      operation.description = [operation.description, needs(access)].filter(Boolean).join('\n\n');
      if (access === 'public') operation.security = [];
      operation['x-plumbline-role'] = access;
    }
  }
  return document;
}

/** `get` and `/api/v1/people/{id}` as the policy writes them: `GET /api/v1/people/:id`. */
export function routeOf(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`;
}

function operationIdOf(method: string, path: string): string {
  const words = path
    .replace('/api/v1/', '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function needs(access: Access | undefined): string {
  return access === 'public' ? 'Open to everybody.' : `Needs the role ${access} or one above it.`;
}
