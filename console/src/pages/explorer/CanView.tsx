import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { PrincipalPicker } from "../../access/PrincipalPicker";
import { type Names, type Principal, type PrincipalType, loadNames, principalTypes, short } from "../../access/principals";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Field } from "../../ui/Field";
import { type Chain, type Explanation, explain } from "./decisions";
import { PermissionField, PlaceField, useProjectName } from "./fields";
import { texts } from "./texts";

type Step = { key: string; label: string; text: string; to?: string; note?: string };

function useSteps(answer: Explanation, names: Names): (chain: Chain) => Step[] {
  const t = useTexts(texts);
  const projectName = useProjectName(answer.chains.flatMap(({ scope }) => scope?.project_ids ?? []));
  return (chain) => {
    const steps: Step[] = [];
    const { principal, group, policy, scope, condition } = chain;
    const name = (id: string) => short(names.get(id) ?? id);
    steps.push({ key: "principal", label: t.principal, text: principal ? name(principal.id) : t.nobody });
    if (chain.by === "ownership" || chain.by === "self") steps.push({ key: "by", label: t.via, text: t[chain.by] });
    if (group && group !== principal?.id) steps.push({ key: "group", label: t.group, text: name(group) });
    if (policy) steps.push({ key: "policy", label: t.policy, text: short(policy.name || policy.id), to: `/console/policies/${policy.id}` });
    if (chain.permission_set) steps.push({ key: "set", label: t.set, text: chain.permission_set });
    if (scope) steps.push({ key: "scope", label: t.scope, text: scope.organization_id ? t.organization : t.projects((scope.project_ids ?? []).map((id) => short(projectName(id))).join(", ")) });
    if (condition) {
      const values = Object.entries(condition.values ?? {}).map(([key, value]) => `${key} = ${value}`);
      const result = condition.result === null ? `${t.unknown}${condition.error ? ` (${condition.error})` : ""}` : condition.result ? t.met : t.notMet;
      steps.push({ key: "condition", label: t.condition, text: condition.expression, note: [result, ...values].join("; ") });
    }
    steps.push({ key: "permission", label: t.permission, text: chain.permission });
    return steps;
  };
}

function ChainList({ chain, steps }: { chain: Chain; steps: readonly Step[] }) {
  const t = useTexts(texts);
  const broken = chain.failed_at ? steps.findIndex((step) => step.key === chain.failed_at) : -1;
  return (
    <ol className="chain">
      {steps.map((step, i) => (
        <li key={step.key} className={broken < 0 || i < broken ? "link" : i === broken ? "link broken" : "link beyond"}>
          <span className="soft">{step.label}</span>
          <span dir="auto">{step.to ? <Link to={step.to}>{step.text}</Link> : step.key === "condition" ? <code>{step.text}</code> : step.text}</span>
          {step.note && <span className="soft">{step.note}</span>}
          {i === broken && <strong>✗ {t.fails}</strong>}
          {broken < 0 && i === steps.length - 1 && <strong>✓ {t.grants}</strong>}
        </li>
      ))}
    </ol>
  );
}

function useChainNames(answer: Explanation): Names {
  const { iam } = useConsole();
  const wanted = answer.chains.flatMap(({ principal, group }) => [
    ...(principal && principalTypes.some((type) => type === principal.type) ? [{ type: principal.type as PrincipalType, id: principal.id }] : []),
    ...(group ? [{ type: "group" as const, id: group }] : []),
  ]);
  const { data } = useQuery({ queryKey: ["names", answer.decision_id], queryFn: () => loadNames(iam, wanted) });
  return data ?? new Map<string, string>();
}

/** Says of a change what would have to be done, with the names of what it is about. */
function useAddition(answer: Explanation, names: Names): (one: Explanation["would_allow"][number]) => string {
  const t = useTexts(texts);
  const projectName = useProjectName(answer.would_allow.flatMap((one) => one.project_id ?? []));
  const policies = new Map(answer.chains.flatMap(({ policy }) => (policy ? [[policy.id, policy.name]] : [])));
  return (one) => {
    const policy = short(policies.get(one.policy_id ?? "") ?? one.policy_id ?? "");
    switch (one.kind) {
      case "condition":
        return t.meetCondition(policy);
      case "group":
        return t.joinGroup(short(names.get(one.group_id ?? "") ?? one.group_id ?? ""));
      case "policy":
        return t.attachPolicy(policy);
      default:
        return t.grantSet(one.permission_set ?? "", one.project_id ? t.projects(short(projectName(one.project_id))) : t.organization);
    }
  };
}

function Answer({ answer }: { answer: Explanation }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const names = useChainNames(answer);
  const steps = useSteps(answer, names);
  const addition = useAddition(answer, names);
  return (
    <section aria-live="polite">
      <h2 className={answer.decision ? "verdict yes" : "verdict no"}>{answer.decision ? `✓ ${t.yes}` : `✗ ${t.no}`}</h2>
      {answer.reasons?.map((reason) => (
        <p key={reason} lang="en" dir="auto">
          {reason}
        </p>
      ))}
      <h3>{answer.decision ? t.why : t.whyNot}</h3>
      {answer.chains.length === 0 && <p>{t.noWay}</p>}
      {answer.chains.map((chain) => (
        <ChainList key={JSON.stringify([chain.rule?.id, chain.group, chain.permission_set, chain.by])} chain={chain} steps={steps(chain)} />
      ))}
      {answer.missing && answer.missing.length > 0 && <p className="notice">{t.missing(answer.missing.join(", "))}</p>}
      {answer.would_allow.length > 0 && (
        <>
          <h3>{t.additions}</h3>
          <ul>
            {answer.would_allow.map((one) => (
              <li key={one.kind + one.change} dir="auto">
                {addition(one)} <span className="soft-inline">({t.alsoGrants(count(one.also_grants, locale))})</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p className="field-help">{t.decision(answer.decision_id, String(answer.revision))}</p>
    </section>
  );
}

/** Whether somebody may do something, with the proof. */
export function CanView() {
  const t = useTexts(texts);
  const { organizationId } = useConsole();
  const [subject, setSubject] = useState<Principal>();
  const [q, setQ] = useState({ permission: "", projectId: "", resourceId: "", resourceName: "", ip: "", userAgent: "" });
  const set = (name: keyof typeof q) => (value: string) => setQ((before) => ({ ...before, [name]: value }));
  const ask = useMutation({
    mutationFn: (who: Principal) => explain({ ...q, organizationId, subject: { type: who.type, id: who.id } }),
  });
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (subject) ask.mutate(subject);
        }}
      >
        <PrincipalPicker legend={t.subject} types={["user", "application"]} value={subject} onChange={setSubject} />
        <PermissionField value={q.permission} onChange={set("permission")} />
        <PlaceField value={q.projectId} onChange={set("projectId")} />
        <details className="card more">
          <summary>{t.more}</summary>
          <Field label={t.resourceId} help={t.resourceIdHelp} value={q.resourceId} onChange={set("resourceId")} />
          <Field label={t.resourceName} value={q.resourceName} onChange={set("resourceName")} />
          <Field label={t.ip} value={q.ip} onChange={set("ip")} />
          <Field label={t.userAgent} value={q.userAgent} onChange={set("userAgent")} />
        </details>
        <Action kind="primary" type="submit" disabled={!subject || !q.permission} loading={ask.isPending}>
          {t.ask}
        </Action>
      </form>
      {ask.error && <ApiError error={ask.error} />}
      {ask.data && <Answer answer={ask.data} />}
    </>
  );
}
