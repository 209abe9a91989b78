import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { searchApplications } from "../../api/search";
import { useLocale, useTexts } from "../../i18n";
import { day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Tags } from "../../ui/Tags";
import { ApplicationDialog } from "./ApplicationDialog";
import { texts } from "./texts";

type Application = Iamv1alpha1.Application;

function RemoveDialog({ application, onClose }: { application: Application; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deleteApplication({ applicationId: application.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["applications"] });
    },
  });
  return (
    <ConfirmDialog
      title={t.removeTitle(application.name)}
      word={application.name}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
      pending={remove.isPending}
      error={remove.error}
    >
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

/** The applications of the organization. */
export default function Applications() {
  const t = useTexts(texts);
  const locale = useLocale();
  const clients = useConsole();
  const [edited, setEdited] = useState<Application | "new">();
  const [removed, setRemoved] = useState<Application>();
  const mayCreate = useCan("iam:application:create");
  const mayWrite = useCan("iam:application:write");
  const mayDelete = useCan("iam:application:delete");
  const create = (
    <Action kind="primary" can={mayCreate} onClick={() => setEdited("new")}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <DataTable<Application>
        caption={t.title}
        queryKey={["applications", clients.organizationId]}
        defaultOrder="name_asc"
        searchLabel={t.search}
        rowKey={(row) => row.id}
        load={async ({ search, orderBy, ...page }) => {
          const order = orderBy as Iamv1alpha1.ListApplicationsRequestOrderBy;
          const answer = await (search ? searchApplications(clients, search, { orderBy, ...page }) : clients.iam.listApplications({ orderBy: order, ...page }));
          return { rows: answer.applications, total: answer.totalCount };
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
              </>
            ),
          },
          { id: "tags", header: t.tags, cell: (row) => <Tags tags={row.tags} /> },
          { id: "keys", header: t.keys, cell: (row) => row.nbApiKeys },
          { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (row) => day(row.createdAt, locale) },
        ]}
        actions={(row) => (
          <>
            <Action size="small" can={mayWrite} label={t.editOf(row.name)} onClick={() => setEdited(row)}>
              {t.edit}
            </Action>
            <Action size="small" can={mayDelete} disabled={!row.deletable} label={t.removeOf(row.name)} onClick={() => setRemoved(row)}>
              {t.remove}
            </Action>
          </>
        )}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {edited && <ApplicationDialog application={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {removed && <RemoveDialog application={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  );
}
