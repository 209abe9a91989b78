package main

import (
	"runtime"
	"slices"
	"syscall"
	"time"
)

// cost is what one operation takes: medians over the turns.
type cost struct {
	wall, cpu     float64 // nanoseconds; cpu is that of the whole process, garbage collection included
	allocs, bytes float64
}

// action does n operations, beginning with the one of that number.
type action func(from, n int)

// contest measures actions by turns, so that a machine that is busy with other things slows
// all of them alike. A turn takes about the given time, and at least one operation.
func contest(turn time.Duration, rounds int, actions ...action) []cost {
	counts := make([]int, len(actions))
	at := make([]int, len(actions))
	for i, do := range actions {
		counts[i] = calibrate(turn, do)
	}
	runtime.GC()
	costs := make([]cost, len(actions))
	allocated := 0.0 // by the turn before
	walls, cpus := make([][]float64, len(actions)), make([][]float64, len(actions))
	for range rounds {
		for i, do := range actions {
			if allocated > 1<<20 {
				runtime.GC() // nobody pays for what the one before left
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			cpu, start := processTime(), time.Now()
			do(at[i], counts[i])
			wall := time.Since(start)
			cpu = processTime() - cpu
			runtime.ReadMemStats(&after)
			n := float64(counts[i])
			allocated = float64(after.TotalAlloc - before.TotalAlloc)
			at[i] += counts[i]
			walls[i], cpus[i] = append(walls[i], float64(wall)/n), append(cpus[i], float64(cpu)/n)
			costs[i].allocs = float64(after.Mallocs-before.Mallocs) / n
			costs[i].bytes = float64(after.TotalAlloc-before.TotalAlloc) / n
		}
	}
	for i := range costs {
		costs[i].wall, costs[i].cpu = median(walls[i]), median(cpus[i])
	}
	return costs
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// quantile returns the value of a sorted list that the share q, from 0 to 1, of it does not exceed.
func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }

// calibrate returns how many operations fill a turn, and warms up.
func calibrate(turn time.Duration, do action) int {
	for n := 1; ; n *= 4 {
		start := time.Now()
		do(0, n)
		if took := time.Since(start); took > turn/8 {
			return max(1, int(int64(n)*int64(turn)/int64(took)))
		}
	}
}

// processTime returns the processor time that this process has used.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// deciding is the action of a decider over n questions, round and round.
func deciding(decide decider, n int) action {
	return func(from, count int) {
		i := from % n
		for range count {
			decide(i)
			if i++; i == n {
				i = 0
			}
		}
	}
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
