import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { ApiError, Missing } from "../../ui/ApiError";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { MembersField, type Member } from "../../ui/MembersField";
import { TagsField } from "../../ui/Tags";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

type Group = Iamv1alpha1.Group;

/** So many names are asked for in one call: the longest list that the API gives. */
const batch = 100;

/** The ids in pieces of one call each. */
function* pieces(ids: readonly string[]): Generator<string[]> {
  for (let i = 0; i < ids.length; i += batch) yield ids.slice(i, i + batch);
}

/** The names of a group's members. */
function useMembers(group: Group | undefined) {
  const { iam, organizationId } = useConsole();
  return useQuery({
    queryKey: ["groups", organizationId, "members", group?.id, group?.updatedAt],
    queryFn: async (): Promise<Member[]> => {
      const members: Member[] = [];
      for (const userIds of pieces(group?.userIds ?? [])) {
        const { users } = await iam.listUsers({ organizationId, userIds, pageSize: batch });
        members.push(...users.map((u) => ({ type: "user" as const, id: u.id, name: u.username || u.email })));
      }
      for (const applicationIds of pieces(group?.applicationIds ?? [])) {
        const { applications } = await iam.listApplications({ applicationIds, pageSize: batch });
        members.push(...applications.map((a) => ({ type: "application" as const, id: a.id, name: a.name })));
      }
      return members;
    },
  });
}

const idsOf = (members: readonly Member[], type: Member["type"]) => members.filter((one) => one.type === type).map((one) => one.id);

const same = (a: readonly Member[], b: readonly Member[]) => a.length === b.length && a.every((one) => b.some((other) => other.id === one.id));

/** Makes a group, or changes one. */
export function GroupDialog({ group, onClose }: { group: Group | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { data: members, error } = useMembers(group);
  if (members) return <GroupForm group={group} before={members} onClose={onClose} />;
  return (
    <Dialog title={group ? t.editOf(group.name) : t.create} onClose={onClose}>
      {error ? <ApiError error={error} /> : <p role="status">{s.loading}</p>}
    </Dialog>
  );
}

function GroupForm({ group, before, onClose }: { group: Group | undefined; before: Member[]; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const mayMembers = useCan("iam:group:write_members");
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [tags, setTags] = useState<string[]>(group?.tags ?? []);
  const [members, setMembers] = useState(before);
  // A group that was made before its members could be set is not made again.
  const [made, setMade] = useState(group);
  const save = useMutation({
    mutationFn: async () => {
      const saved = made ? await iam.updateGroup({ groupId: made.id, name, description, tags }) : await iam.createGroup({ name, description, tags });
      setMade(saved);
      if (!same(members, before)) {
        await iam.setGroupMembers({ groupId: saved.id, userIds: idsOf(members, "user"), applicationIds: idsOf(members, "application") });
      }
    },
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries({ queryKey: ["groups"] }),
  });
  const { fields } = faultOf(save.error);
  return (
    <FormDialog title={group ? t.editOf(group.name) : t.create} action={s.save} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      <Field label={t.name} value={name} onChange={setName} required error={fields["name"]} />
      <Field label={t.description} value={description} onChange={setDescription} optional error={fields["description"]} />
      {mayMembers.missing ? (
        <p>
          <Missing permission={mayMembers.missing} />
        </p>
      ) : (
        <MembersField value={members} onChange={setMembers} />
      )}
      <TagsField value={tags} onChange={setTags} />
    </FormDialog>
  );
}
