import { useQuery } from "@tanstack/react-query";
import { useConsole } from "./context";

/** The reader's accounts in other organizations. The answer is good for a time, in milliseconds: the switcher need not ask for each page. */
export function useConnections(staleTime = Infinity) {
  const { iam, session } = useConsole();
  return useQuery({
    queryKey: ["connections", session.user.id],
    queryFn: () => iam.getUserConnections({ userId: session.user.id }).then((answer) => answer.connections),
    retry: false,
    staleTime,
  });
}
