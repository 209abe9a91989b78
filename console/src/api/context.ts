import { createContext, useContext } from "react";
import type { Accountv3 } from "@scaleway/sdk-account";
import type { Clients } from "./bridge";
import type { Session } from "./session";

/** What every page may rely on: somebody is signed in. */
export type ConsoleContext = Clients & {
  readonly session: Session;
  /** The project that was chosen top left; undefined: all of them. */
  readonly project: Accountv3.Project | undefined;
  /** Chooses another one, by its id, or all of them. */
  readonly chooseProject: (id: string | undefined) => void;
};

export const Context = createContext<ConsoleContext | undefined>(undefined);

/** The API clients, the session, the organization and the chosen project. */
export function useConsole(): ConsoleContext {
  const value = useContext(Context);
  if (!value) throw new Error("useConsole is called outside of the console");
  return value;
}
