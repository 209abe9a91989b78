import { useQuery } from "@tanstack/react-query";
import { call } from "./bridge";
import { useConsole } from "./context";

type Question = { permission: string; projectId: string | undefined };
type Asked = Question & { resolve: (allowed: boolean) => void; reject: (cause: unknown) => void };

/** At most so many questions are asked in one call. */
const batchSize = 500;

let asked: Asked[] = [];

async function ask(batch: Asked[]): Promise<void> {
  try {
    const permissions = batch.map(({ permission, projectId }) => {
      const [service, name, action] = permission.split(":");
      return { service, name, action, project_id: projectId };
    });
    const answer = await call<{ responses: { decision: "allow" | "deny" }[] }>("POST", "/iam/v1alpha1/check-permissions", { permissions });
    batch.forEach((one, i) => one.resolve(answer.responses[i]?.decision === "allow"));
  } catch (cause) {
    for (const one of batch) one.reject(cause);
  }
}

/** Asks in one call for all that the components of a page want to know at once. */
function check(question: Question): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (asked.length === 0) {
      setTimeout(() => {
        const all = asked;
        asked = [];
        for (let i = 0; i < all.length; i += batchSize) void ask(all.slice(i, i + batchSize));
      });
    }
    asked.push({ ...question, resolve, reject });
  });
}

/** Whether the caller may do something. */
export type Can = {
  /** False also as long as it is not known; true when it cannot be known. */
  readonly allowed: boolean;
  /** The permission that is missing; undefined when it is not, or not known yet. */
  readonly missing: string | undefined;
};

/**
 * Whether the caller has a permission, "service:resource:action". Give the result to a Button, which
 * is disabled and says why when it is not. It is a courtesy to the reader: the server decides.
 */
export function useCan(permission: string, projectId?: string): Can {
  const { organizationId } = useConsole();
  const { data, isError } = useQuery({
    queryKey: ["can", organizationId, permission, projectId],
    queryFn: () => check({ permission, projectId }),
    staleTime: 60_000,
  });
  return { allowed: data ?? isError, missing: data === false ? permission : undefined };
}
