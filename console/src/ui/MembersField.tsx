import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useConsole } from "../api/context";
import { searchApplications, searchUsers } from "../api/search";
import { dictionary, useTexts } from "../i18n";
import { Action } from "./Action";
import { ApiError } from "./ApiError";

const texts = dictionary(
  {
    label: "Members",
    find: "Find a user or an application",
    add: (name: string) => `Add ${name}`,
    remove: (name: string) => `Remove ${name}`,
    none: "Nobody yet.",
    found: (n: string) => `${n} found`,
    user: "User",
    application: "Application",
  },
  {
    label: "Membres",
    find: "Trouver un utilisateur ou une application",
    add: (name: string) => `Ajouter ${name}`,
    remove: (name: string) => `Retirer ${name}`,
    none: "Personne pour l’instant.",
    found: (n: string) => `${n} trouvé(s)`,
    user: "Utilisateur",
    application: "Application",
  },
);

/** A user or an application, with its name. */
export type Member = { type: "user" | "application"; id: string; name: string };

const shown = 8;

/** Users and applications, to be found by name and chosen. */
export function MembersField({ value, onChange }: { value: readonly Member[]; onChange: (members: Member[]) => void }) {
  const t = useTexts(texts);
  const clients = useConsole();
  const id = useId();
  const [typed, setTyped] = useState("");
  const search = typed.trim();
  const { data, error } = useQuery({
    queryKey: ["members", clients.organizationId, search],
    enabled: search !== "",
    queryFn: async (): Promise<Member[]> => {
      const [users, applications] = await Promise.all([searchUsers(clients, search, { pageSize: shown }), searchApplications(clients, search, { pageSize: shown })]);
      return [
        ...users.users.map((u) => ({ type: "user" as const, id: u.id, name: u.username || u.email })),
        ...applications.applications.map((a) => ({ type: "application" as const, id: a.id, name: a.name })),
      ];
    },
  });
  const found = search === "" ? [] : (data ?? []).filter((one) => !value.some((member) => member.id === one.id));
  return (
    <fieldset className="field">
      <legend>{t.label}</legend>
      {value.length === 0 ? (
        <p className="field-help">{t.none}</p>
      ) : (
        <ul className="members">
          {value.map((member) => (
            <li key={member.id}>
              <span dir="auto">{member.name}</span> <span className="soft">{t[member.type]}</span>
              <Action size="small" label={t.remove(member.name)} onClick={() => onChange(value.filter((one) => one.id !== member.id))}>
                ×
              </Action>
            </li>
          ))}
        </ul>
      )}
      <label htmlFor={id} className="hidden">
        {t.find}
      </label>
      <input id={id} type="search" dir="auto" autoComplete="off" placeholder={t.find} value={typed} onChange={(event) => setTyped(event.target.value)} />
      <p className="hidden" role="status">
        {search !== "" && data ? t.found(String(found.length)) : ""}
      </p>
      {error && <ApiError error={error} />}
      {found.length > 0 && (
        <ul className="members">
          {found.map((one) => (
            <li key={one.id}>
              <span dir="auto">{one.name}</span> <span className="soft">{t[one.type]}</span>
              <Action
                size="small"
                label={t.add(one.name)}
                onClick={() => {
                  onChange([...value, one]);
                  setTyped("");
                }}
              >
                +
              </Action>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}
