import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useTexts } from "../../i18n";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { TagsField } from "../../ui/Tags";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

/** Makes an export job. */
export function JobDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { trail, organizationId, session } = useConsole();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [bucket, setBucket] = useState("");
  const [region, setRegion] = useState(session.region);
  const [prefix, setPrefix] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const save = useMutation({
    mutationFn: () => trail.createExportJob({ organizationId, name, s3: { bucket, region, ...(prefix && { prefix }) }, tags }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["export-jobs"] });
    },
  });
  const faults = save.error ? faultOf(save.error).fields : {};
  return (
    <FormDialog title={t.create} action={s.save} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      <Field label={t.name} help={t.nameHelp} value={name} onChange={setName} error={faults["name"]} required />
      <Field label={t.bucket} help={t.bucketHelp} value={bucket} onChange={setBucket} error={faults["s3.bucket"]} required spellCheck={false} />
      <Field label={t.region} value={region} onChange={setRegion} error={faults["s3.region"]} required spellCheck={false} />
      <Field label={t.prefix} help={t.prefixHelp} optional value={prefix} onChange={setPrefix} error={faults["s3.prefix"]} spellCheck={false} />
      <TagsField value={tags} onChange={setTags} />
    </FormDialog>
  );
}
