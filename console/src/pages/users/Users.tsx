import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { Alert } from "@ultraviolet/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { searchUsers } from "../../api/search";
import { useLocale, useTexts } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable, Filter } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Tags } from "../../ui/Tags";
import { texts } from "./texts";
import { GuestDialog, MemberDialog, UserDialog } from "./UserDialog";

type User = Iamv1alpha1.User;
type Open = { kind: "member" } | { kind: "guest" } | { kind: "edit" | "remove"; user: User };

const nameOf = (user: User) => user.username || user.email;

function RemoveDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deleteUser({ userId: user.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["users"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(nameOf(user))} word={nameOf(user)} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function RowActions({ user, onOpen }: { user: User; onOpen: (open: Open) => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const mayWrite = useCan("iam:user:write");
  const mayLock = useCan("iam:user:lock");
  const mayDelete = useCan("iam:user:delete");
  const lock = useMutation({
    mutationFn: () => (user.locked ? iam.unlockUser({ userId: user.id }) : iam.lockUser({ userId: user.id })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["users"] }),
  });
  const name = nameOf(user);
  return (
    <>
      <Action size="small" can={mayWrite} label={t.editOf(name)} onClick={() => onOpen({ kind: "edit", user })}>
        {t.edit}
      </Action>
      <Action
        size="small"
        can={mayLock}
        disabled={user.type === "owner"}
        loading={lock.isPending}
        label={user.locked ? t.unlockOf(name) : t.lockOf(name)}
        onClick={() => lock.mutate()}
      >
        {user.locked ? t.unlock : t.lock}
      </Action>
      <Action size="small" can={mayDelete} disabled={!user.deletable} label={t.removeOf(name)} onClick={() => onOpen({ kind: "remove", user })}>
        {t.remove}
      </Action>
      {lock.error && <ApiError error={lock.error} />}
    </>
  );
}

function Status({ user }: { user: User }) {
  const t = useTexts(texts);
  if (user.locked) return <span className="mark mark-bad">{t.locked}</span>;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing has taken its place
  if (user.status === "invitation_pending") return <span className="mark">{t.pending}</span>;
  return <span className="mark mark-good">{t.active}</span>;
}

/** The users of the organization: its owner, members and guests. */
export default function Users() {
  const t = useTexts(texts);
  const locale = useLocale();
  const clients = useConsole();
  const { iam, organizationId } = clients;
  const [params] = useSearchParams();
  const [open, setOpen] = useState<Open>();
  const [invited, setInvited] = useState<string>();
  const mayCreate = useCan("iam:user:create");
  const type = params.get("kind");
  const mfa = params.get("mfa");
  const close = () => setOpen(undefined);
  const kinds = { owner: t.owner, member: t.member, guest: t.guest, unknown_type: "" };
  return (
    <Page
      title={t.title}
      actions={
        <>
          <Action can={mayCreate} onClick={() => setOpen({ kind: "guest" })}>
            {t.inviteGuest}
          </Action>
          <Action kind="primary" can={mayCreate} onClick={() => setOpen({ kind: "member" })}>
            {t.addMember}
          </Action>
        </>
      }
    >
      {invited && (
        <div role="status">
          <Alert sentiment="success">{t.invited(invited)}</Alert>
        </div>
      )}
      <DataTable<User>
        caption={t.title}
        queryKey={["users", organizationId, type, mfa]}
        defaultOrder="username_asc"
        searchLabel={t.search}
        rowKey={(row) => row.id}
        load={async ({ page, pageSize, orderBy, search }) => {
          const filter = {
            page,
            pageSize,
            orderBy: orderBy as Iamv1alpha1.ListUsersRequestOrderBy,
            ...(type && { type: type as Iamv1alpha1.UserType }),
            ...(mfa && { mfa: mfa === "true" }),
          };
          const answer = await (search ? searchUsers(clients, search, filter) : iam.listUsers({ organizationId, ...filter }));
          return { rows: answer.users, total: answer.totalCount };
        }}
        filters={
          <>
            <Filter
              name="kind"
              label={t.kind}
              options={[
                { value: "", label: t.all },
                { value: "owner", label: t.owner },
                { value: "member", label: t.member },
                { value: "guest", label: t.guest },
              ]}
            />
            <Filter
              name="mfa"
              label={t.mfa}
              options={[
                { value: "", label: t.all },
                { value: "true", label: t.mfaYes },
                { value: "false", label: t.mfaNo },
              ]}
            />
          </>
        }
        columns={[
          {
            id: "user",
            header: t.user,
            order: { asc: "username_asc", desc: "username_desc" },
            cell: (row) => (
              <>
                <strong dir="auto">{nameOf(row)}</strong>
                <span className="soft" dir="auto">
                  {[`${row.firstName} ${row.lastName}`.trim(), row.email !== nameOf(row) && row.email].filter(Boolean).join(" · ")}
                </span>
              </>
            ),
          },
          { id: "kind", header: t.kind, cell: (row) => kinds[row.type] },
          { id: "status", header: t.status, cell: (row) => <Status user={row} /> },
          { id: "mfa", header: t.mfa, cell: (row) => (row.mfa ? t.mfaYes : <span className="mark mark-bad">{t.mfaNo}</span>) },
          { id: "tags", header: t.tags, cell: (row) => <Tags tags={row.tags} /> },
          {
            id: "last",
            header: t.lastLogin,
            order: { asc: "last_login_asc", desc: "last_login_desc" },
            cell: (row) => (row.lastLoginAt ? dateTime(row.lastLoginAt, locale) : t.never),
          },
        ]}
        actions={(row) => <RowActions user={row} onOpen={setOpen} />}
        empty={<EmptyState title={t.emptyTitle}>{t.emptyText}</EmptyState>}
      />
      {open?.kind === "member" && <MemberDialog onClose={close} />}
      {open?.kind === "guest" && (
        <GuestDialog
          onClose={close}
          onInvited={(email) => {
            close();
            setInvited(email);
          }}
        />
      )}
      {open?.kind === "edit" && <UserDialog user={open.user} onClose={close} />}
      {open?.kind === "remove" && <RemoveDialog user={open.user} onClose={close} />}
    </Page>
  );
}
