import "../../access/access.css";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { PrincipalPicker } from "../../access/PrincipalPicker";
import { short } from "../../access/principals";
import { Switch } from "../../access/Switch";
import { useCatalog } from "../../api/catalog";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Field, TextField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { TagsField } from "../../ui/Tags";
import { Conflict } from "./Conflict";
import { type Draft, emptyDraft, newRule, type Rule, ruleFault, sameDraft } from "./draft";
import { keepDraft, keptDraft } from "./drafts";
import { editorTexts } from "./editorTexts";
import { JsonView } from "./JsonView";
import { Review } from "./Review";
import { RuleEditor } from "./RuleEditor";
import { createPolicy, type Loaded, loadPolicy, savePolicy } from "./save";

type FormProps = { draft: Draft; onChange: (draft: Draft) => void; readOnly: boolean; faults: Readonly<Record<string, string>> };

function Form({ draft, onChange, readOnly, faults }: FormProps) {
  const t = useTexts(editorTexts);
  const { data: catalog } = useCatalog();
  const sets = useMemo(() => new Map(catalog?.permission_sets.map((set) => [set.name, set])), [catalog]);
  const replace = (key: string, ...rules: Rule[]) => onChange({ ...draft, rules: draft.rules.flatMap((rule) => (rule.key === key ? rules : [rule])) });
  return (
    <>
      <fieldset className="plain card" disabled={readOnly}>
        <legend>{t.basics}</legend>
        <Field label={t.name} help={t.nameHelp} value={draft.name} error={faults["name"]} required onChange={(name) => onChange({ ...draft, name })} />
        <TextField label={t.description} optional rows={2} value={draft.description} error={faults["description"]} onChange={(description) => onChange({ ...draft, description })} />
        <TagsField value={draft.tags} onChange={(tags) => onChange({ ...draft, tags })} />
      </fieldset>
      <PrincipalPicker key={draft.principal?.id ?? "none"} legend={t.principal} nobody value={draft.principal} disabled={readOnly} onChange={(principal) => onChange({ ...draft, principal })} />
      <h2>{t.rules}</h2>
      <p className="field-help">{t.rulesHelp}</p>
      {catalog &&
        draft.rules.map((rule, i) => (
          <RuleEditor
            key={rule.key}
            rule={rule}
            number={i + 1}
            sets={sets}
            readOnly={readOnly}
            onChange={(next) => replace(rule.key, next)}
            onRemove={() => replace(rule.key)}
            onCopy={() => replace(rule.key, rule, { ...rule, key: newRule().key })}
          />
        ))}
      {!readOnly && <Action onClick={() => onChange({ ...draft, rules: [...draft.rules, newRule()] })}>{t.addRule}</Action>}
    </>
  );
}

/** The draft, which is kept in this tab until it is saved. */
function useDraft(policyId: string, loaded: Loaded | undefined) {
  const { organizationId } = useConsole();
  const [kept] = useState(() => keptDraft(organizationId, policyId));
  const [base, setBase] = useState(() => (kept?.base && loaded ? { ...loaded, draft: kept.base, updatedAt: kept.updatedAt } : loaded));
  const [draft, setDraft] = useState(kept?.draft ?? loaded?.draft ?? emptyDraft);
  const changed = !sameDraft(draft, base?.draft ?? emptyDraft);
  useEffect(() => {
    keepDraft(organizationId, policyId, changed ? { draft, base: base?.draft, updatedAt: base?.updatedAt ?? "" } : undefined);
  }, [organizationId, policyId, changed, draft, base]);
  return { base, setBase, draft, setDraft, changed, restored: kept !== undefined };
}

function useSave(policyId: string, state: ReturnType<typeof useDraft>, onDone: () => void) {
  const clients = useConsole();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [theirs, setTheirs] = useState<Loaded>();
  const { base, draft, setBase, setDraft } = state;
  const save = useMutation({
    mutationFn: async () => {
      if (base) return savePolicy(clients, clients.session.user.id, policyId, base, draft);
      return { kind: "created" as const, id: await createPolicy(clients, draft) };
    },
    onSuccess: async (outcome) => {
      onDone();
      if (outcome.kind === "conflict") setTheirs(outcome.theirs);
      else if (outcome.kind === "saved") {
        setBase(outcome.now);
        setDraft(outcome.now.draft);
      } else {
        keepDraft(clients.organizationId, policyId, undefined);
        await navigate(`/console/policies/${outcome.id}`, { replace: true });
      }
      await cache.invalidateQueries({ queryKey: ["policies"] });
    },
  });
  return { save, theirs, setTheirs };
}

function Editor({ policyId, loaded }: { policyId: string; loaded: Loaded | undefined }) {
  const t = useTexts(editorTexts);
  const state = useDraft(policyId, loaded);
  const { base, draft, setDraft, changed } = state;
  const [view, setView] = useState<"form" | "json">("form");
  const [reviewing, setReviewing] = useState(false);
  const may = useCan(base ? "iam:policy:write" : "iam:policy:create");
  const { save, theirs, setTheirs } = useSave(policyId, state, () => setReviewing(false));
  const managed = base?.editable === false;
  const readOnly = managed || may.missing !== undefined;
  const incomplete = draft.rules.some((rule) => ruleFault(rule) !== undefined);
  const reset = () => {
    if (loaded) state.setBase(loaded);
    setDraft(loaded?.draft ?? emptyDraft);
  };
  useEffect(() => {
    if (!changed) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed]);
  return (
    <Page title={base ? short(base.draft.name) : t.newTitle}>
      <div className="access">
        <p>
          <Link to="/console/policies">← {t.back}</Link>
        </p>
        {managed && <p className="notice">{t.readOnly}</p>}
        {!managed && may.missing && <p className="notice">{t.lacksWrite}</p>}
        {state.restored && changed && !readOnly && <p className="notice">{t.restored}</p>}
        <Switch
          label={t.views}
          value={view}
          onChange={setView}
          options={[
            { value: "form", label: t.form },
            { value: "json", label: t.json },
          ]}
        />
        {view === "form" ? (
          <Form draft={draft} onChange={setDraft} readOnly={readOnly} faults={save.error ? faultOf(save.error).fields : {}} />
        ) : (
          <JsonView draft={draft} onChange={setDraft} readOnly={readOnly} />
        )}
        <div className="save-bar">
          <span role="status">{!changed ? (save.data?.kind === "saved" ? t.saved : t.nothing) : incomplete ? t.incomplete : ""}</span>
          {changed && !readOnly && <Action onClick={reset}>{t.discard}</Action>}
          <Action kind="primary" can={may} disabled={!changed || incomplete || readOnly} onClick={() => setReviewing(true)}>
            {t.review}
          </Action>
        </div>
        {reviewing && (
          <Review
            policyId={base && policyId}
            base={base?.draft}
            draft={draft}
            saving={save.isPending}
            error={save.error}
            onSave={() => save.mutate()}
            onClose={() => {
              setReviewing(false);
              save.reset();
            }}
          />
        )}
        {theirs && base && (
          <Conflict
            base={base.draft}
            mine={draft}
            theirs={theirs.draft}
            onClose={() => setTheirs(undefined)}
            onChoose={(next) => {
              state.setBase(theirs);
              setDraft(next);
              setTheirs(undefined);
            }}
          />
        )}
      </div>
    </Page>
  );
}

/** Makes a policy, or changes one. */
export default function PolicyEditor() {
  const t = useTexts(editorTexts);
  const { id = "new" } = useParams();
  const { iam, organizationId } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: ["policy", organizationId, id],
    queryFn: () => loadPolicy(iam, id),
    enabled: id !== "new",
    // What is edited must not change under one's hands; saving looks whether it has.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (id === "new" || data) return <Editor key={id} policyId={id} loaded={data} />;
  return <Page title={t.basics}>{error ? <ApiError error={error} onRetry={() => void refetch()} /> : null}</Page>;
}
