import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useId, useState } from "react";
import { useConsole } from "../../api/context";
import { searchProjects } from "../../api/search";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { searchApplications } from "../../api/search";
import { useLocale, useTexts } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Chooser } from "../../ui/Chooser";
import { Dialog } from "../../ui/Dialog";
import { secondsOf } from "../../ui/duration";
import { Field, SelectField } from "../../ui/Field";
import { texts as shared } from "../../ui/texts";
import { expiryOf, type Life, livesWithin } from "./expiry";
import styles from "./keys.module.css";
import { texts } from "./texts";

const choices = 50;

/** How long the organization lets keys live, in seconds; 0: as long as they want, or not known. */
function useLimit(): number {
  const { iam, organizationId } = useConsole();
  const { data } = useQuery({
    queryKey: ["security-settings", organizationId],
    queryFn: () => iam.getOrganizationSecuritySettings({ organizationId }),
    retry: false,
  });
  return secondsOf(data?.maxApiKeyExpirationDuration);
}

function Whose({ own, onOwn, application, onApplication, error }: { own: boolean; onOwn: (own: boolean) => void; application: string; onApplication: (id: string) => void; error: string | undefined }) {
  const t = useTexts(texts);
  const clients = useConsole();
  const { organizationId } = clients;
  const name = useId();
  const choice = (value: boolean, label: string, help: string) => (
    <label className={styles["choice"]}>
      <input type="radio" name={name} checked={own === value} onChange={() => onOwn(value)} />
      <span>{label}</span>
      <small>{help}</small>
    </label>
  );
  return (
    <>
      <fieldset className={styles["whose"]}>
        <legend>{t.whose}</legend>
        {choice(false, t.whoseApplication, t.whoseApplicationHelp)}
        {choice(true, t.whoseMe, t.whoseMeHelp)}
      </fieldset>
      {!own && (
        <Chooser
          label={t.chooseApplication}
          searchLabel={t.findApplication}
          queryKey={["applications", organizationId]}
          load={async (search) => {
            const answer = await searchApplications(clients, search, { pageSize: choices, orderBy: "name_asc" });
            return answer.applications.map(({ id, name: label }) => ({ value: id, label }));
          }}
          value={application}
          onChange={onApplication}
          none={t.noApplication}
          error={error}
        />
      )}
    </>
  );
}

function Expiry({ value, onChange, keep, limit, error }: { value: Life | ""; onChange: (life: Life | "") => void; keep: Date | "new" | undefined; limit: number; error: string | undefined }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const edits = keep !== "new";
  const options: { value: Life | ""; label: string }[] = livesWithin(limit).map((life) => ({ value: life, label: edits ? t.fromNow(t[life]) : t[life] }));
  if (edits) options.unshift({ value: "", label: t.keep(keep ? dateTime(keep, locale) : t.never) });
  else if (limit === 0) options.push({ value: "", label: t.forever });
  return <SelectField label={t.expiry} value={value} onChange={onChange} options={options} help={limit > 0 ? t.expiryLimit : t.expiryHelp} error={error} />;
}

type Props = {
  /** The key that is changed; undefined: a new one. */
  edited: Iamv1alpha1.APIKey | undefined;
  onClose: () => void;
  onCreated: (key: Iamv1alpha1.APIKey) => void;
};

/** Makes an API key, or changes one. */
export function KeyDialog({ edited, onClose, onCreated }: Props) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const clients = useConsole();
  const { iam, organizationId, session, project: current } = clients;
  const cache = useQueryClient();
  const limit = useLimit();
  const [own, setOwn] = useState(false);
  const [application, setApplication] = useState("");
  const [description, setDescription] = useState(edited?.description ?? "");
  const [chosen, setLife] = useState<Life | "">(edited ? "" : "quarter");
  const [project, setProject] = useState(edited?.defaultProjectId ?? current?.id ?? "");
  const allowed = livesWithin(limit);
  // The limit may be known only after the choice was made.
  const life = !edited && limit > 0 && !allowed.some((one) => one === chosen) ? (allowed.at(-1) ?? chosen) : chosen;
  const mayCreate = useCan("iam:api_key:create");
  const save = useMutation({
    mutationFn: () => {
      const fields = { description, ...(project && { defaultProjectId: project }), ...(life && { expiresAt: expiryOf(life, limit, Date.now()) }) };
      if (edited) return iam.updateAPIKey({ accessKey: edited.accessKey, ...fields });
      return iam.createAPIKey({ ...fields, ...(own ? { userId: session.user.id } : { applicationId: application }) });
    },
    onSuccess: (key) => {
      if (edited) onClose();
      else onCreated(key);
    },
    // A key may have been made although the answer got lost.
    onSettled: () => cache.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const fault = save.error ? faultOf(save.error) : undefined;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <Dialog title={edited ? t.editTitle(edited.accessKey) : t.create} onClose={onClose}>
      <form onSubmit={submit}>
        {!edited && <Whose own={own} onOwn={setOwn} application={application} onApplication={setApplication} error={fault?.fields["application_id"]} />}
        <Field label={t.description} value={description} onChange={setDescription} help={t.descriptionHelp} error={fault?.fields["description"]} />
        <Expiry value={life} onChange={setLife} keep={edited ? edited.expiresAt : "new"} limit={limit} error={fault?.fields["expires_at"]} />
        <Chooser
          label={t.project}
          searchLabel={t.findProject}
          queryKey={["projects", organizationId]}
          load={async (search) => {
            const answer = await searchProjects(clients, search, { pageSize: choices, orderBy: "name_asc" });
            return answer.projects.map(({ id, name: label }) => ({ value: id, label }));
          }}
          value={project}
          onChange={setProject}
          none={t.defaultProject}
          help={t.projectHelp}
          error={fault?.fields["default_project_id"]}
        />
        {save.error && <ApiError error={save.error} />}
        {!edited && fault?.status === 0 && <p role="status">{t.maybe}</p>}
        <div className="dialog-actions">
          <Action onClick={onClose}>{s.cancel}</Action>
          <Action kind="primary" type="submit" loading={save.isPending} disabled={!edited && !own && application === ""} {...(!edited && !own && { can: mayCreate })}>
            {s.save}
          </Action>
        </div>
      </form>
    </Dialog>
  );
}
