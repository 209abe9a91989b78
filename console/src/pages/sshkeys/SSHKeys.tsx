import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useConsole } from "../../api/context";
import { searchSSHKeys } from "../../api/search";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable, Filter } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { SSHKeyDialog } from "./SSHKeyDialog";
import { texts } from "./texts";

type SSHKey = Iamv1alpha1.SSHKey;

/** What a key is called in buttons and questions; none need have a name. */
const called = (key: SSHKey) => key.name || key.fingerprint;

function RemoveDialog({ removed, onClose }: { removed: SSHKey; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deleteSSHKey({ sshKeyId: removed.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["ssh-keys"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(called(removed))} word={called(removed)} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function RowActions({ row, onRename, onRemove, onFault }: { row: SSHKey; onRename: () => void; onRemove: () => void; onFault: (error: Error | undefined) => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const mayWrite = useCan("iam:ssh_key:write", row.projectId);
  const mayDelete = useCan("iam:ssh_key:delete", row.projectId);
  const toggle = useMutation({
    mutationFn: () => iam.updateSSHKey({ sshKeyId: row.id, disabled: !row.disabled }),
    onMutate: () => onFault(undefined),
    onError: onFault,
    onSettled: () => cache.invalidateQueries({ queryKey: ["ssh-keys"] }),
  });
  return (
    <>
      <Action size="small" can={mayWrite} loading={toggle.isPending} label={row.disabled ? t.enableOf(called(row)) : t.disableOf(called(row))} onClick={() => toggle.mutate()}>
        {row.disabled ? t.enable : t.disable}
      </Action>
      <Action size="small" can={mayWrite} label={t.renameOf(called(row))} onClick={onRename}>
        {t.rename}
      </Action>
      <Action size="small" can={mayDelete} label={t.removeOf(called(row))} onClick={onRemove}>
        {t.remove}
      </Action>
    </>
  );
}

function useColumns() {
  const t = useTexts(texts);
  const locale = useLocale();
  return [
    {
      id: "name",
      header: t.name,
      order: { asc: "name_asc", desc: "name_desc" },
      cell: (row: SSHKey) => (
        <>
          <strong dir="auto">{row.name || t.unnamed}</strong>
          <code className="soft">{row.fingerprint}</code>
        </>
      ),
    },
    { id: "state", header: t.state, cell: (row: SSHKey) => (row.disabled ? t.disabled : t.enabled) },
    { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (row: SSHKey) => day(row.createdAt, locale) },
  ];
}

/** The SSH keys of the chosen project, or of all of them. */
export default function SSHKeys() {
  const t = useTexts(texts);
  const clients = useConsole();
  const { iam, organizationId, project } = clients;
  const [params] = useSearchParams();
  const state = params.get("state") ?? "";
  const [edited, setEdited] = useState<SSHKey | "new">();
  const [removed, setRemoved] = useState<SSHKey>();
  const [fault, setFault] = useState<Error>();
  const create = (
    <Action kind="primary" onClick={() => setEdited("new")}>
      {t.create}
    </Action>
  );
  const states = [
    { value: "", label: t.all },
    { value: "enabled", label: t.enabled },
    { value: "disabled", label: t.disabled },
  ];
  return (
    <Page title={t.title} actions={create}>
      {fault && <ApiError error={fault} />}
      <DataTable<SSHKey>
        caption={t.title}
        queryKey={["ssh-keys", organizationId, project?.id, state]}
        defaultOrder="name_asc"
        searchLabel={t.search}
        filters={<Filter name="state" label={t.state} options={states} />}
        filtered={state !== ""}
        rowKey={(row) => row.id}
        load={async ({ page, pageSize, orderBy, search }) => {
          const which = { page, pageSize, ...(project && { projectId: project.id }), ...(state && { disabled: state === "disabled" }) };
          const answer = await (search
            ? searchSSHKeys(clients, search, { ...which, orderBy })
            : iam.listSSHKeys({ ...which, organizationId, orderBy: orderBy as Iamv1alpha1.ListSSHKeysRequestOrderBy }));
          return { rows: answer.sshKeys, total: answer.totalCount };
        }}
        columns={useColumns()}
        actions={(row) => <RowActions row={row} onRename={() => setEdited(row)} onRemove={() => setRemoved(row)} onFault={setFault} />}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {edited && <SSHKeyDialog edited={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {removed && <RemoveDialog removed={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  );
}
