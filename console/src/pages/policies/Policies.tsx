import "../../access/access.css";
import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { type Names, loadNames, principalOf, short } from "../../access/principals";
import { texts as accessTexts } from "../../access/texts";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { day } from "../../i18n/format";
import { searchPolicies } from "../../api/search";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable, Filter } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Tags } from "../../ui/Tags";
import { texts } from "./texts";

type Policy = Iamv1alpha1.Policy;
type Row = { policy: Policy; names: Names };

export const policyPath = (id: string) => `/console/policies/${id}`;

function RemoveDialog({ policy, onClose }: { policy: Policy; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => iam.deletePolicy({ policyId: policy.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["policies"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(short(policy.name))} word={policy.name} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function PrincipalCell({ policy, names }: Row) {
  const t = useTexts(texts);
  const a = useTexts(accessTexts);
  const principal = principalOf(policy);
  if (!principal) return <span className="soft">{t.nobody}</span>;
  return (
    <>
      <span dir="auto">{names.get(principal.id) ?? principal.id}</span>
      <span className="soft">{a[principal.type]}</span>
    </>
  );
}

function RowActions({ policy, onRemove, onClone }: { policy: Policy; onRemove: () => void; onClone: () => void }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const mayWrite = useCan("iam:policy:write");
  const mayCreate = useCan("iam:policy:create");
  const mayDelete = useCan("iam:policy:delete");
  const changes = policy.editable && mayWrite.allowed;
  return (
    <>
      <Action size="small" label={changes ? t.editOf(policy.name) : t.lookOf(policy.name)} onClick={() => void navigate(policyPath(policy.id))}>
        {changes ? t.edit : t.look}
      </Action>
      <Action size="small" can={mayCreate} label={t.cloneOf(policy.name)} onClick={onClone}>
        {t.clone}
      </Action>
      <Action size="small" can={mayDelete} disabled={!policy.deletable} label={t.removeOf(policy.name)} onClick={onRemove}>
        {t.remove}
      </Action>
    </>
  );
}

/** The policies of the organization. */
export default function Policies() {
  const t = useTexts(texts);
  const locale = useLocale();
  const navigate = useNavigate();
  const clients = useConsole();
  const { iam, organizationId } = clients;
  const cache = useQueryClient();
  const [removed, setRemoved] = useState<Policy>();
  const [params] = useSearchParams();
  const filter = params.get("show") ?? "";
  const mayCreate = useCan("iam:policy:create");
  const clone = useMutation({
    mutationFn: (policyId: string) => iam.clonePolicy({ policyId }),
    onSuccess: async () => {
      // A list that is being read for the first time would be shown as it was before.
      await cache.cancelQueries({ queryKey: ["policies"] });
      await cache.invalidateQueries({ queryKey: ["policies"] });
    },
  });
  const create = (
    <Action kind="primary" can={mayCreate} onClick={() => void navigate(policyPath("new"))}>
      {t.create}
    </Action>
  );
  const load = async ({ page, pageSize, orderBy, search }: { page: number; pageSize: number; orderBy: string; search: string }) => {
    const which = { page, pageSize, ...(filter === "none" && { noPrincipal: true }), ...(filter === "editable" && { editable: true }) };
    const answer = await (search ? searchPolicies(clients, search, { ...which, orderBy }) : iam.listPolicies({ ...which, orderBy: orderBy as Iamv1alpha1.ListPoliciesRequestOrderBy }));
    const names = await loadNames(iam, answer.policies.flatMap((policy) => principalOf(policy) ?? []));
    return { rows: answer.policies.map((policy) => ({ policy, names })), total: answer.totalCount };
  };
  return (
    <Page title={t.title} actions={create}>
      <div className="access">
      {clone.error && <ApiError error={clone.error} />}
      {clone.data && (
        <p role="status" className="notice">
          <span dir="auto">{t.cloned(short(clone.data.name))}</span> <Link to={policyPath(clone.data.id)}>{t.openCopy}</Link>
        </p>
      )}
      <DataTable<Row>
        caption={t.title}
        queryKey={["policies", organizationId, filter]}
        defaultOrder="policy_name_asc"
        searchLabel={t.search}
        rowKey={({ policy }) => policy.id}
        load={load}
        filters={
          <Filter
            name="show"
            label={t.show}
            options={[
              { value: "", label: t.showAll },
              { value: "none", label: t.showNone },
              { value: "editable", label: t.showEditable },
            ]}
          />
        }
        columns={[
          {
            id: "name",
            header: t.name,
            order: { asc: "policy_name_asc", desc: "policy_name_desc" },
            cell: ({ policy }) => (
              <>
                <Link to={policyPath(policy.id)} dir="auto">
                  {policy.name}
                </Link>
                {policy.managed && <span className="soft">{t.managed}</span>}
                {policy.description && (
                  <span className="soft" dir="auto">
                    {policy.description}
                  </span>
                )}
              </>
            ),
          },
          { id: "principal", header: t.principal, cell: (row) => <PrincipalCell {...row} /> },
          { id: "rules", header: t.rules, cell: ({ policy }) => policy.nbRules },
          { id: "tags", header: t.tags, cell: ({ policy }) => <Tags tags={policy.tags} /> },
          { id: "changed", header: t.changed, cell: ({ policy }) => day(policy.updatedAt, locale) },
        ]}
        actions={({ policy }) => <RowActions policy={policy} onRemove={() => setRemoved(policy)} onClone={() => clone.mutate(policy.id)} />}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {removed && <RemoveDialog policy={removed} onClose={() => setRemoved(undefined)} />}
      </div>
    </Page>
  );
}
