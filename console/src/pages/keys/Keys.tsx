import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { searchAPIKeys } from "../../api/search";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { dateTime, day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Filters, useFilters } from "./Filters";
import { KeyDialog } from "./KeyDialog";
import styles from "./keys.module.css";
import { type KeyRow, keyRows } from "./rows";
import { SecretDialog } from "./SecretDialog";
import { texts } from "./texts";

type APIKey = Iamv1alpha1.APIKey;

function RemoveDialog({ removed, onClose }: { removed: APIKey; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deleteAPIKey({ accessKey: removed.accessKey }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["api-keys"] });
    },
  });
  return (
    <ConfirmDialog
      title={t.removeTitle(removed.accessKey)}
      word={removed.accessKey}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
      pending={remove.isPending}
      error={remove.error}
    >
      {removed.description && <p dir="auto">{removed.description}</p>}
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function RowActions({ row, onEdit, onRemove }: { row: KeyRow; onEdit: () => void; onRemove: () => void }) {
  const t = useTexts(texts);
  const { session } = useConsole();
  const kind = row.key.userId ? "user_api_key" : "api_key";
  const mayWrite = useCan(`iam:${kind}:write`);
  const mayDelete = useCan(`iam:${kind}:delete`);
  // Everybody may change what is one's own; only the server knows of further rules.
  const own = row.key.userId === session.user.id;
  return (
    <>
      <Action size="small" {...(!own && { can: mayWrite })} disabled={!row.key.editable} label={t.editOf(row.key.accessKey)} onClick={onEdit}>
        {t.edit}
      </Action>
      <Action size="small" {...(!own && { can: mayDelete })} disabled={!row.key.deletable} label={t.removeOf(row.key.accessKey)} onClick={onRemove}>
        {t.remove}
      </Action>
    </>
  );
}

function filtered(of: string, self: string): { bearerId?: string; bearerType?: Iamv1alpha1.BearerType } {
  if (of === "me") return { bearerId: self };
  if (of === "user" || of === "application") return { bearerType: of };
  return of ? { bearerId: of } : {};
}

function useColumns() {
  const t = useTexts(texts);
  const locale = useLocale();
  const { session } = useConsole();
  return [
    {
      id: "key",
      header: t.accessKey,
      order: { asc: "access_key_asc", desc: "access_key_desc" },
      cell: ({ key }: KeyRow) => (
        <>
          <code>{key.accessKey}</code>
          <span className="soft" dir="auto">
            {key.description}
          </span>
          {key.managed && <span className="soft">{t.managed}</span>}
        </>
      ),
    },
    {
      id: "bearer",
      header: t.bearer,
      cell: ({ key, bearer }: KeyRow) => (
        <>
          <span dir="auto">{bearer}</span>
          <span className="soft">{key.applicationId ? t.application : key.userId === session.user.id ? t.you : t.user}</span>
        </>
      ),
    },
    {
      id: "used",
      header: t.lastUsed,
      cell: ({ lastUsedAt }: KeyRow) => (lastUsedAt ? dateTime(lastUsedAt, locale) : lastUsedAt === null ? t.notUsed : t.notKnown),
    },
    {
      id: "expires",
      header: t.expires,
      order: { asc: "expires_at_asc", desc: "expires_at_desc" },
      cell: ({ key, standing }: KeyRow) => (
        <>
          {key.expiresAt ? dateTime(key.expiresAt, locale) : t.never}
          {standing !== "good" && <span className={`soft ${styles[standing === "expired" ? "bad" : "soon"] ?? ""}`}>{standing === "expired" ? t.expired : t.soon}</span>}
        </>
      ),
    },
    { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: ({ key }: KeyRow) => day(key.createdAt, locale) },
  ];
}

/** The API keys of the organization that the caller may see. */
export default function Keys() {
  const t = useTexts(texts);
  const clients = useConsole();
  const { iam, organizationId, session } = clients;
  const filters = useFilters();
  const [edited, setEdited] = useState<APIKey | "new">();
  const [removed, setRemoved] = useState<APIKey>();
  const [created, setCreated] = useState<APIKey>();
  const create = (
    <Action kind="primary" onClick={() => setEdited("new")}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <DataTable<KeyRow>
        caption={t.title}
        queryKey={["api-keys", organizationId, filters.of, filters.state]}
        defaultOrder="created_at_desc"
        searchLabel={t.search}
        filters={<Filters of={filters.of} />}
        filtered={filters.of !== "" || filters.state !== ""}
        rowKey={(row) => row.key.accessKey}
        load={async ({ page, pageSize, orderBy, search }) => {
          const which = { page, pageSize, ...filtered(filters.of, session.user.id), ...(filters.state && { expired: filters.state === "ended" }) };
          const answer = await (search
            ? searchAPIKeys(clients, search, { ...which, orderBy })
            : iam.listAPIKeys({ ...which, organizationId, orderBy: orderBy as Iamv1alpha1.ListAPIKeysRequestOrderBy }));
          return { rows: await keyRows({ iam, organizationId }, answer.apiKeys), total: answer.totalCount };
        }}
        columns={useColumns()}
        actions={(row) => <RowActions row={row} onEdit={() => setEdited(row.key)} onRemove={() => setRemoved(row.key)} />}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {edited && (
        <KeyDialog
          edited={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onCreated={(key) => {
            setEdited(undefined);
            setCreated(key);
          }}
        />
      )}
      {removed && <RemoveDialog removed={removed} onClose={() => setRemoved(undefined)} />}
      {created && <SecretDialog created={created} onClose={() => setCreated(undefined)} />}
    </Page>
  );
}
