import type { Accountv3 } from "@scaleway/sdk-account";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { searchProjects } from "../../api/search";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { ProjectDialog } from "./ProjectDialog";
import { texts } from "./texts";

type Project = Accountv3.Project;

function RemoveDialog({ removed, onClose }: { removed: Project; onClose: () => void }) {
  const t = useTexts(texts);
  const { projects } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => projects.deleteProject({ projectId: removed.id }),
    onSuccess: async () => {
      onClose();
      await Promise.all(["projects", "ssh-keys"].map((name) => cache.invalidateQueries({ queryKey: [name] })));
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(removed.name)} word={removed.name} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function RowActions({ row, onEdit, onRemove }: { row: Project; onEdit: () => void; onRemove: () => void }) {
  const t = useTexts(texts);
  const { project, chooseProject } = useConsole();
  const mayWrite = useCan("account:project:write", row.id);
  const mayDelete = useCan("account:project:delete", row.id);
  return (
    <>
      <Action size="small" disabled={row.id === project?.id} label={t.chooseOf(row.name)} onClick={() => chooseProject(row.id)}>
        {t.choose}
      </Action>
      <Action size="small" can={mayWrite} label={t.editOf(row.name)} onClick={onEdit}>
        {t.edit}
      </Action>
      <Action size="small" can={mayDelete} disabled={row.id === row.organizationId} label={t.removeOf(row.name)} onClick={onRemove}>
        {t.remove}
      </Action>
    </>
  );
}

/** The projects of the organization. */
export default function Projects() {
  const t = useTexts(texts);
  const locale = useLocale();
  const clients = useConsole();
  const { projects, organizationId, project } = clients;
  const [edited, setEdited] = useState<Project | "new">();
  const [removed, setRemoved] = useState<Project>();
  const mayCreate = useCan("account:project:create");
  const create = (
    <Action kind="primary" can={mayCreate} onClick={() => setEdited("new")}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <DataTable<Project>
        caption={t.title}
        queryKey={["projects", organizationId, "table"]}
        defaultOrder="name_asc"
        searchLabel={t.search}
        rowKey={(row) => row.id}
        load={async ({ page, pageSize, orderBy, search }) => {
          const answer = await (search
            ? searchProjects(clients, search, { page, pageSize, orderBy })
            : projects.listProjects({ organizationId, page, pageSize, orderBy: orderBy as Accountv3.ListProjectsRequestOrderBy }));
          return { rows: answer.projects, total: answer.totalCount };
        }}
        columns={[
          {
            id: "name",
            header: t.name,
            order: { asc: "name_asc", desc: "name_desc" },
            cell: (row) => (
              <>
                <strong dir="auto">{row.name}</strong>
                {row.description && (
                  <span className="soft" dir="auto">
                    {row.description}
                  </span>
                )}
                {row.id === row.organizationId && <span className="soft">{t.default}</span>}
                {row.id === project?.id && <span className="soft">{t.chosen}</span>}
              </>
            ),
          },
          { id: "id", header: "ID", cell: (row) => <code>{row.id}</code> },
          { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (row) => day(row.createdAt, locale) },
        ]}
        actions={(row) => <RowActions row={row} onEdit={() => setEdited(row)} onRemove={() => setRemoved(row)} />}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {edited && <ProjectDialog edited={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {removed && <RemoveDialog removed={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  );
}
