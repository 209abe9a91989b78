import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useConsole } from "../../api/context";
import { searchProjects } from "../../api/search";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Chooser } from "../../ui/Chooser";
import { Dialog } from "../../ui/Dialog";
import { Field, TextField } from "../../ui/Field";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

const choices = 50;

/** Adds an SSH key to a project, or renames one: what it is cannot be changed. */
export function SSHKeyDialog({ edited, onClose }: { edited: Iamv1alpha1.SSHKey | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const clients = useConsole();
  const { iam, organizationId, project: current } = clients;
  const cache = useQueryClient();
  const [name, setName] = useState(edited?.name ?? "");
  const [publicKey, setPublicKey] = useState("");
  const [project, setProject] = useState(current?.id ?? "");
  // The default project has the id of its organization.
  const mayCreate = useCan("iam:ssh_key:create", project || organizationId);
  const save = useMutation({
    mutationFn: () =>
      edited ? iam.updateSSHKey({ sshKeyId: edited.id, name }) : iam.createSSHKey({ name, publicKey: publicKey.trim(), projectId: project || organizationId }),
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries({ queryKey: ["ssh-keys"] }),
  });
  const faults = save.error ? faultOf(save.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <Dialog title={edited ? t.renameTitle(edited.name) : t.create} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={t.name} value={name} onChange={setName} optional={!edited} help={edited ? undefined : t.nameHelp} error={faults["name"]} />
        {!edited && (
          <>
            <TextField label={t.publicKey} value={publicKey} onChange={setPublicKey} rows={5} help={t.publicKeyHelp} error={faults["public_key"]} />
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
              error={faults["project_id"]}
            />
          </>
        )}
        {save.error && <ApiError error={save.error} />}
        <div className="dialog-actions">
          <Action onClick={onClose}>{s.cancel}</Action>
          <Action kind="primary" type="submit" loading={save.isPending} disabled={!edited && publicKey.trim() === ""} {...(!edited && { can: mayCreate })}>
            {s.save}
          </Action>
        </div>
      </form>
    </Dialog>
  );
}
