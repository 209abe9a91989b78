package identity

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	leastNice  = 19
	shortSlice = 100_000 // ns: the shortest that the kernel grants
)

// YieldProcessor gives this process the least weight that the kernel has, as one that works in the
// background (sched(7), SCHED_BATCH), and the shortest slices, which Linux knows since 6.12: nobody
// who wakes up waits for the end of one. SCHED_IDLE would be no faster for the others, but a machine
// that has anything else to do would hardly make a hash.
//
// All these belong to threads, and a new thread has those of the thread that made it. So all threads are
// lowered, and then those that were made meanwhile.
func YieldProcessor() error {
	var faults []error
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		faults = nil
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err != nil {
				return err
			}
			if err := lower(id); err != nil && !errors.Is(err, unix.ESRCH) {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// lower lowers one thread; at least by its nice value where a sandbox or an old kernel forbids more.
func lower(thread int) error {
	if unix.SchedSetAttr(thread, &unix.SchedAttr{Policy: unix.SCHED_BATCH, Nice: leastNice, Runtime: shortSlice}, 0) == nil {
		return nil
	}
	return unix.Setpriority(unix.PRIO_PROCESS, thread, leastNice)
}
