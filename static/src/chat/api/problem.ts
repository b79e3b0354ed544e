/** A refused or failed call: RFC 9457 when the server answered, status 0 when nobody did. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly reference: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds: number | null = null) {
    super(problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? (status === 0 ? "unreachable" : "unknown");
    this.title = problem.title ?? "";
    this.detail = problem.detail ?? "";
    this.reference = problem.reference ?? null;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Nobody answered, or a proxy did: the same call may be sent again. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export interface Problem {
  code: string;
  title: string;
  detail: string;
  reference: string;
}

/** Reads a problem document; anything else (a proxy's page) becomes an error with the status alone. */
export function problemFrom(status: number, body: string, retryAfter: string | null): ApiError {
  let problem: Partial<Problem> = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (parsed && typeof parsed === "object") problem = parsed as Partial<Problem>;
  } catch {
    problem = {};
  }
  const seconds = retryAfter ? Number(retryAfter) : Number.NaN;
  return new ApiError(status, problem, Number.isFinite(seconds) ? seconds : null);
}
