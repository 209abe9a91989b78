import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { searchGroups } from "../../api/search";
import { useLocale, useTexts } from "../../i18n";
import { count, day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Tags } from "../../ui/Tags";
import { GroupDialog } from "./GroupDialog";
import { texts } from "./texts";

type Group = Iamv1alpha1.Group;

function RemoveDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deleteGroup({ groupId: group.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["groups"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(group.name)} word={group.name} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

/** The groups of the organization. */
export default function Groups() {
  const t = useTexts(texts);
  const locale = useLocale();
  const clients = useConsole();
  const [edited, setEdited] = useState<Group | "new">();
  const [removed, setRemoved] = useState<Group>();
  const mayCreate = useCan("iam:group:create");
  const mayWrite = useCan("iam:group:write");
  const mayDelete = useCan("iam:group:delete");
  const create = (
    <Action kind="primary" can={mayCreate} onClick={() => setEdited("new")}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <DataTable<Group>
        caption={t.title}
        queryKey={["groups", clients.organizationId]}
        defaultOrder="name_asc"
        searchLabel={t.search}
        rowKey={(row) => row.id}
        load={async ({ search, orderBy, ...page }) => {
          const order = orderBy as Iamv1alpha1.ListGroupsRequestOrderBy;
          const answer = await (search ? searchGroups(clients, search, { orderBy, ...page }) : clients.iam.listGroups({ orderBy: order, ...page }));
          return { rows: answer.groups, total: answer.totalCount };
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
                {row.managed && <span className="mark">{t.managed}</span>}
              </>
            ),
          },
          { id: "members", header: t.members, cell: (row) => t.counts(count(row.userIds.length, locale), count(row.applicationIds.length, locale)) },
          { id: "tags", header: t.tags, cell: (row) => <Tags tags={row.tags} /> },
          { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (row) => day(row.createdAt, locale) },
        ]}
        actions={(row) => (
          <>
            <Action size="small" can={mayWrite} disabled={!row.editable} label={t.editOf(row.name)} onClick={() => setEdited(row)}>
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
      {edited && <GroupDialog group={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {removed && <RemoveDialog group={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  );
}
