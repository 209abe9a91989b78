import { useId } from "react";
import { ProjectField } from "../../access/ProjectField";
import { useAllProjects } from "../../access/projects";
import { useCatalog } from "../../api/catalog";
import { useTexts } from "../../i18n";
import { Labelled } from "../../ui/Field";
import { texts } from "./texts";

/** Chooses a permission of the catalogue. */
export function PermissionField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  const id = useId();
  const { data: catalog } = useCatalog();
  const all = catalog?.services.flatMap((service) => service.resources.flatMap((resource) => resource.actions.map((action) => `${service.name}:${resource.name}:${action}`))) ?? [];
  return (
    <Labelled label={t.permission} help={t.permissionHelp} id={id}>
      <input id={id} value={value} list={`${id}-list`} required autoComplete="off" spellCheck={false} aria-describedby={`${id}-help`} onChange={(event) => onChange(event.target.value.trim())} />
      <datalist id={`${id}-list`}>
        {all.map((permission) => (
          <option key={permission} value={permission} />
        ))}
      </datalist>
    </Labelled>
  );
}

/** Chooses the organization (the empty text) or a project. */
export function PlaceField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  return <ProjectField label={t.place} value={value} onChange={onChange} before={[{ value: "", label: t.organization }]} />;
}

/** The name of a project, or its id. Of more than 1,000 projects only those with certain ids are named for sure. */
export function useProjectName(ids: readonly string[]): (id: string) => string {
  const { data: projects = [] } = useAllProjects(ids);
  return (id) => projects.find((project) => project.id === id)?.name ?? id;
}
