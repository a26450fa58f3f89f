import { z } from '@hono/zod-openapi';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** RFC 9457 problem details. `code` is stable and meant for programs; `detail` says what to do. */
export const ProblemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string().optional(),
    /** Where the request is wrong, one entry a field. */
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');
export type ProblemDetails = z.infer<typeof ProblemDetails>;

/** Every code that the API can answer, with its status and title: the one place where they meet. */
const problems = {
  bad_request: [400, 'The request is not valid'],
  not_signed_in: [401, 'Sign in first'],
  wrong_credentials: [401, 'E-mail or password is wrong'],
  forbidden: [403, 'Your role does not allow this'],
  cross_origin: [403, 'The request came from another site'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  conflict: [409, 'It was changed meanwhile, or exists already'],
  last_administrator: [409, 'The last administrator must stay'],
  link_used: [410, 'This link was used or has expired'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'Send JSON'],
  too_much: [422, 'The question is too large'],
  too_many_attempts: [429, 'Too many attempts'],
  internal: [500, 'Something failed here'],
  store_unavailable: [503, 'A database cannot be reached'],
  busy: [503, 'Too much at once'],
  too_many_clients: [503, 'Too many live connections'],
  too_slow: [504, 'The query took too long'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemCode = keyof typeof problems;

/** An expected failure, on its way to becoming an answer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: ProblemDetails['errors'];
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: ProblemDetails['errors']; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

/** The answer for a problem, with the media type that RFC 9457 gives it. */
export function problemResponse(problem: Problem, requestId?: string): Response {
  const [status, title] = problems[problem.code];
  const details: ProblemDetails = {
    type: `urn:plumbline:problem:${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    ...(requestId ? { requestId } : {}),
    ...(problem.errors ? { errors: problem.errors } : {}),
  };
  return new Response(JSON.stringify(details), {
    status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}

/** Responses that each route declares beside its own, for the OpenAPI document. */
export const problemResponses = {
  default: {
    description: 'A problem, as RFC 9457 describes it',
    content: { 'application/problem+json': { schema: ProblemDetails } },
  },
} as const;
