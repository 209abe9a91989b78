import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
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

/** Adds a member to the organization. */
export function MemberDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [firstName, setFirstName] = useState("");
  const [lastName, setLastName] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const [welcome, setWelcome] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      iam.createUser({
        tags,
        member: { username, email, password, firstName, lastName, phoneNumber: "", locale: "", sendWelcomeEmail: welcome, sendPasswordEmail: false },
      }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["users"] });
    },
  });
  const { fields } = faultOf(save.error);
  return (
    <FormDialog title={t.addMember} action={t.add} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      <Field label={t.username} value={username} onChange={setUsername} required help={t.usernameHelp} error={fields["username"]} spellCheck={false} />
      <Field label={t.email} type="email" value={email} onChange={setEmail} required error={fields["email"]} />
      <Field label={t.password} type="password" autoComplete="new-password" value={password} onChange={setPassword} optional help={t.passwordHelp} error={fields["password"]} />
      <Field label={t.firstName} value={firstName} onChange={setFirstName} optional error={fields["first_name"]} />
      <Field label={t.lastName} value={lastName} onChange={setLastName} optional error={fields["last_name"]} />
      <TagsField value={tags} onChange={setTags} />
      <label className="check">
        <input type="checkbox" checked={welcome} onChange={(event) => setWelcome(event.target.checked)} /> {t.sendWelcome}
      </label>
    </FormDialog>
  );
}

/** Invites the account with an address to be a guest. */
export function GuestDialog({ onClose, onInvited }: { onClose: () => void; onInvited: (email: string) => void }) {
  const t = useTexts(texts);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const [email, setEmail] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const save = useMutation({
    mutationFn: () => iam.createUser({ email, tags }),
    onSuccess: async () => {
      onInvited(email);
      await cache.invalidateQueries({ queryKey: ["users"] });
    },
  });
  return (
    <FormDialog title={t.inviteGuest} action={t.invite} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      <Field label={t.email} type="email" value={email} onChange={setEmail} required help={t.guestHelp} error={faultOf(save.error).fields["email"]} />
      <TagsField value={tags} onChange={setTags} />
    </FormDialog>
  );
}

/** Changes a user. Of owners and guests only the tags belong to the organization. */
export function UserDialog({ user, onClose }: { user: Iamv1alpha1.User; onClose: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { iam } = useConsole();
  const cache = useQueryClient();
  const [username, setUsername] = useState(user.username);
  const [email, setEmail] = useState(user.email);
  const [firstName, setFirstName] = useState(user.firstName);
  const [lastName, setLastName] = useState(user.lastName);
  const [phoneNumber, setPhone] = useState(user.phoneNumber);
  const [tags, setTags] = useState(user.tags);
  const member = user.type === "member";
  const save = useMutation({
    mutationFn: async () => {
      // What was not changed is not sent: somebody else may have changed it meanwhile.
      const changed = {
        ...(email !== user.email && { email }),
        ...(firstName !== user.firstName && { firstName }),
        ...(lastName !== user.lastName && { lastName }),
        ...(phoneNumber !== user.phoneNumber && { phoneNumber }),
        ...(tags !== user.tags && { tags }),
      };
      if (Object.keys(changed).length > 0) await iam.updateUser({ userId: user.id, ...changed });
      if (username !== user.username) await iam.updateUserUsername({ userId: user.id, username });
    },
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["users"] });
    },
  });
  const { fields } = faultOf(save.error);
  return (
    <FormDialog title={t.editOf(user.username || user.email)} action={s.save} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      {member ? (
        <>
          <Field label={t.username} value={username} onChange={setUsername} required help={t.usernameHelp} error={fields["username"]} spellCheck={false} />
          <Field label={t.email} type="email" value={email} onChange={setEmail} required error={fields["email"]} />
          <Field label={t.firstName} value={firstName} onChange={setFirstName} optional error={fields["first_name"]} />
          <Field label={t.lastName} value={lastName} onChange={setLastName} optional error={fields["last_name"]} />
          <Field label={t.phone} type="tel" value={phoneNumber} onChange={setPhone} optional error={fields["phone_number"]} />
        </>
      ) : (
        user.type === "owner" && <p>{t.ownerNote}</p>
      )}
      <TagsField value={tags} onChange={setTags} />
    </FormDialog>
  );
}
