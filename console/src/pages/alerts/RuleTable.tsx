import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { type Column, DataTable, Filter } from "../../ui/DataTable";
import { durationTexts, inUnits, secondsOf } from "../../ui/duration";
import { EmptyState } from "../../ui/Page";
import { deleteRule, type Kind, listRules, type Rule, setEnabled } from "./rules";
import { texts } from "./texts";

const permission = { "alert-rules": "alert_rule", "custom-alert-rules": "custom_alert_rule" } as const;
const interval = 2000;

/** The state of a rule. While it is on its way to another one, the table is read again. */
function Status({ rule: { status } }: { rule: Rule }) {
  const t = useTexts(texts);
  const cache = useQueryClient();
  const moves = status === "enabling" || status === "disabling";
  useEffect(() => {
    if (!moves) return undefined;
    const timer = setInterval(() => void cache.invalidateQueries({ queryKey: ["alert-rules"] }), interval);
    return () => clearInterval(timer);
  }, [moves, cache]);
  return <span className={status === "enabled" ? "mark mark-good" : "mark"}>{t[status]}</span>;
}

/** When a rule of the organization fires. */
function Fires({ rule }: { rule: Rule }) {
  const t = useTexts(texts);
  const units = useTexts(durationTexts);
  const locale = useLocale();
  const { amount, unit } = inUnits(secondsOf(rule.evaluation_window));
  return (
    <>
      <code dir="ltr">{rule.query}</code>
      <span className="soft">{t.within(count(rule.occurrences ?? 1, locale), `${amount} ${units[unit]}`)}</span>
    </>
  );
}

function RowActions({ rule, kind, onRemove }: { rule: Rule; kind: Kind; onRemove: () => void }) {
  const t = useTexts(texts);
  const { session, organizationId } = useConsole();
  const cache = useQueryClient();
  const mayWrite = useCan(`audit_trail:${permission[kind]}:write`);
  const mayDelete = useCan("audit_trail:custom_alert_rule:delete");
  const on = rule.status === "enabled" || rule.status === "enabling";
  const change = useMutation({
    mutationFn: () => setEnabled({ region: session.region, organizationId }, kind, rule.id, !on),
    onSettled: () => cache.invalidateQueries({ queryKey: ["alert-rules"] }),
  });
  return (
    <>
      <Action size="small" can={mayWrite} loading={change.isPending} disabled={rule.status.endsWith("ing")} label={on ? t.disableOf(rule.name) : t.enableOf(rule.name)} onClick={() => change.mutate()}>
        {on ? t.disable : t.enable}
      </Action>
      {kind === "custom-alert-rules" && (
        <Action size="small" can={mayDelete} label={t.removeOf(rule.name)} onClick={onRemove}>
          {t.remove}
        </Action>
      )}
      {change.error && <ApiError error={change.error} />}
    </>
  );
}

function RemoveDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const t = useTexts(texts);
  const { session, organizationId } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteRule({ region: session.region, organizationId }, rule.id),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["alert-rules"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(rule.name)} word={rule.name} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

function useColumns(kind: Kind): Column<Rule>[] {
  const t = useTexts(texts);
  const name = {
    id: "name",
    header: t.rule,
    cell: (rule: Rule) => (
      <>
        <strong dir="auto">{rule.name}</strong>
        <span className="soft" dir="auto" {...(kind === "alert-rules" && { lang: "en" })}>
          {rule.description}
        </span>
      </>
    ),
  };
  const status = { id: "status", header: t.status, cell: (rule: Rule) => <Status rule={rule} /> };
  if (kind === "alert-rules") return [name, status];
  return [
    name,
    { id: "fires", header: t.fires, cell: (rule) => <Fires rule={rule} /> },
    { id: "severity", header: t.severity, cell: (rule) => (rule.severity ? t[rule.severity] : "–") },
    status,
  ];
}

/** The alert rules of one kind. */
export function RuleTable({ kind, create }: { kind: Kind; create: ReactNode }) {
  const t = useTexts(texts);
  const { session, organizationId } = useConsole();
  const [params] = useSearchParams();
  const [removed, setRemoved] = useState<Rule>();
  const status = params.get("status") ?? "";
  return (
    <>
      <DataTable<Rule>
        caption={t[kind]}
        queryKey={["alert-rules", organizationId, kind, status]}
        defaultOrder=""
        rowKey={(rule) => rule.id}
        load={({ page, pageSize }) => listRules({ region: session.region, organizationId }, kind, { page, pageSize, status })}
        filters={
          <Filter
            name="status"
            label={t.status}
            options={[
              { value: "", label: t.all },
              { value: "enabled", label: t.enabled },
              { value: "disabled", label: t.disabled },
            ]}
          />
        }
        filtered={status !== ""}
        columns={useColumns(kind)}
        actions={(rule) => <RowActions rule={rule} kind={kind} onRemove={() => setRemoved(rule)} />}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {removed && <RemoveDialog rule={removed} onClose={() => setRemoved(undefined)} />}
    </>
  );
}
