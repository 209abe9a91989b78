import type { Accountv3 } from "@scaleway/sdk-account";
import { useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useState } from "react";
import { switchOrganization, type Session } from "../api/session";
import { useTexts } from "../i18n";
import { texts } from "./texts";

/** The projects that the caller may see. */
export function useProjects(clients: Clients) {
  return useQuery({
    queryKey: ["projects", clients.organizationId],
    queryFn: () => clients.projects.listProjects({ orderBy: "name_asc", pageSize: 100 }).then((answer) => answer.projects),
    retry: false,
  });
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
  const go = async (id: string) => {
    try {
      await switchOrganization(id);
      location.assign("/"); // nothing of one organization is shown in another
    } catch {
      setFailed(true);
    }
  };
  return (
    <div className="switchers">
      {session.organizations.length > 1 ? (
        <label className="switcher">
          <span>{t.organizationLabel}</span>
          <select dir="auto" value={session.organization.id} onChange={(event) => void go(event.target.value)}>
            {session.organizations.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
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
