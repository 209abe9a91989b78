import type { Accountv3 } from "@scaleway/sdk-account";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

/** Makes a project, or changes one. */
export function ProjectDialog({ edited, onClose }: { edited: Accountv3.Project | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { projects, organizationId } = useConsole();
  const cache = useQueryClient();
  const [name, setName] = useState(edited?.name ?? "");
  const [description, setDescription] = useState(edited?.description ?? "");
  const save = useMutation({
    mutationFn: () => (edited ? projects.updateProject({ projectId: edited.id, name, description }) : projects.createProject({ organizationId, name, description })),
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
  const faults = save.error ? faultOf(save.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <Dialog title={edited ? t.editTitle(edited.name) : t.create} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={t.name} value={name} onChange={setName} required help={t.nameHelp} error={faults["name"]} />
        <Field label={t.description} value={description} onChange={setDescription} optional help={t.descriptionHelp} error={faults["description"]} />
        {save.error && <ApiError error={save.error} />}
        <div className="dialog-actions">
          <Action onClick={onClose}>{s.cancel}</Action>
          <Action kind="primary" type="submit" loading={save.isPending}>
            {s.save}
          </Action>
        </div>
      </form>
    </Dialog>
  );
}
