import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { TagsField } from "../../ui/Tags";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

/** Makes an application, or changes one. */
export function ApplicationDialog({ application, onClose }: { application: Iamv1alpha1.Application | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const [name, setName] = useState(application?.name ?? "");
  const [description, setDescription] = useState(application?.description ?? "");
  const [tags, setTags] = useState<string[]>(application?.tags ?? []);
  const save = useMutation({
    mutationFn: () =>
      application ? iam.updateApplication({ applicationId: application.id, name, description, tags }) : iam.createApplication({ name, description, tags }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["applications"] });
    },
  });
  const faults = save.error ? faultOf(save.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={application ? t.editTitle(application.name) : t.create} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label={t.name} value={name} onChange={setName} required help={t.nameHelp} error={faults["name"]} />
        <Field label={t.description} value={description} onChange={setDescription} optional error={faults["description"]} />
        <TagsField value={tags} onChange={setTags} />
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
