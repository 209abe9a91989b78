package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrNoDisk says that this user may not mount a disk of its own.
var ErrNoDisk = errors.New("no disk of a given size can be made here")

// filler is the file that takes all the room of a disk.
const filler = "filler"

// onDisk changes a command into one that first mounts an empty disk on a folder, which is seen
// by that command only and ends with it. owner may write to it; content of another folder is
// copied there first, if one is given.
func onDisk(command *exec.Cmd, folder string, bytes int64, owner *syscall.Credential, content string) error {
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
		return ErrNoDisk
	}
	script := `mount -t tmpfs -o "size=$2,mode=700" rig "$1" || exit 1; if [ -n "$3" ]; then cp -a "$3/." "$1"; fi; shift 3; `
	if owner != nil {
		script += fmt.Sprintf("chown %d:%d %q; exec setpriv --reuid=%d --regid=%d --init-groups -- ", owner.Uid, owner.Gid, folder, owner.Uid, owner.Gid)
		command.SysProcAttr.Credential = nil
	} else {
		script += "exec "
	}
	program, err := exec.LookPath("unshare")
	if err != nil {
		return ErrNoDisk
	}
	command.Args = append([]string{"unshare", "-m", "sh", "-c", script + `"$@"`, "disk", folder, strconv.FormatInt(bytes, 10), content, command.Path}, command.Args[1:]...)
	command.Path = program
	return nil
}

// disk is the folder of a disk as this process reaches it, through the one that has mounted it.
func disk(process *process, folder string) string {
	return filepath.Join(fmt.Sprintf("/proc/%d/root", process.command.Process.Pid), folder)
}

// fill takes all the room of a disk.
func fill(folder string) error {
	file, err := os.Create(filepath.Join(folder, filler))
	if err != nil {
		return err
	}
	defer file.Close()
	piece := make([]byte, 4096)
	for {
		if _, err := file.Write(piece); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// free gives the room back.
func free(folder string) error { return os.Remove(filepath.Join(folder, filler)) }

// Disk is the folder of the disk that Options.Disk gave to the database, as this process reaches it.
func (in *Installation) Disk() string {
	if in.Postgres != nil {
		return disk(in.Postgres.server, in.Postgres.data())
	}
	return disk(in.Nodes[0].server, in.Nodes[0].data)
}

// FillDisk takes all the room of the database's disk; FreeDisk gives it back.
func (in *Installation) FillDisk() error { return fill(in.Disk()) }

// FreeDisk ends a FillDisk.
func (in *Installation) FreeDisk() error { return free(in.Disk()) }
