import type { Accountv3 } from "@scaleway/sdk-account";
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useState } from "react";
import { useConnections } from "../api/connections";
import { loginAs, signOut, switchOrganization, type Session } from "../api/session";
import { useTexts } from "../i18n";
import { texts } from "./texts";

/** The first 100 projects that the caller may see, by name, and the chosen one, which may be another. */
export function useProjects(clients: Clients, chosen: string | undefined): { projects: Accountv3.Project[]; project: Accountv3.Project | undefined } {
  const { data: first } = useQuery({
    queryKey: ["projects", clients.organizationId],
    queryFn: () => clients.projects.listProjects({ orderBy: "name_asc", pageSize: 100 }).then((answer) => answer.projects),
    retry: false,
  });
  const among = first?.find((one) => one.id === chosen);
  const { data: other, isError: gone } = useQuery({
    queryKey: ["projects", clients.organizationId, "chosen", chosen],
    queryFn: () => clients.projects.getProject({ projectId: chosen ?? "" }),
    enabled: chosen !== undefined && first !== undefined && !among,
    retry: false,
  });
  const projects = first ?? [];
  const project = among ?? (other?.id === chosen && !gone ? other : undefined);
  return { projects: project && !among ? [...projects, project] : projects, project };
}

/** The other accounts of the same person. They give no right here: who goes there signs out here, and in there. */
function useConnected(): Iamv1alpha1.Connection[] {
  const { data } = useConnections();
  return data?.filter(({ organization, user: other }) => organization && !organization.locked && other) ?? [];
}

type Props = {
  session: Session;
  projects: readonly Accountv3.Project[];
  project: Accountv3.Project | undefined;
  onProject: (id: string | undefined) => void;
};

/** Organization and project, top left. */
export function Switchers({ session, projects, project, onProject }: Props) {
  const t = useTexts(texts);
  const [failed, setFailed] = useState(false);
  const connected = useConnected();
  const go = async (id: string) => {
    const account = connected.find(({ user }) => user?.id === id);
    if (account) {
      await signOut(loginAs(account.user?.type === "owner", account.organization?.id ?? "", account.user?.username ?? ""));
      return;
    }
    try {
      await switchOrganization(id);
      location.assign("/"); // nothing of one organization is shown in another
    } catch {
      setFailed(true);
    }
  };
  return (
    <div className="switchers">
      {session.organizations.length + connected.length > 1 ? (
        <label className="switcher">
          <span>{t.organizationLabel}</span>
          <select dir="auto" value={session.organization.id} onChange={(event) => void go(event.target.value)}>
            {session.organizations.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
            {connected.length > 0 && (
              <optgroup label={t.otherAccounts}>
                {connected.map(({ user, organization }) => (
                  <option key={user?.id} value={user?.id}>
                    {`${organization?.name} – ${user?.username}`}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
          {failed && (
            <span role="alert" className="field-error">
              {t.switchFailed}
            </span>
          )}
        </label>
      ) : (
        <p className="switcher">
          <span>{t.organizationLabel}</span>
          <strong dir="auto">{session.organization.name}</strong>
        </p>
      )}
      <label className="switcher">
        <span>{t.projectLabel}</span>
        <select dir="auto" value={project?.id ?? ""} onChange={(event) => onProject(event.target.value || undefined)}>
          <option value="">{t.allProjects}</option>
          {projects.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
