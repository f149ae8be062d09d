package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// demoFolder begins the names of the demo's folders; the id of its process and something random follow.
const demoFolder = "shixi-demo-"

// clearDemos removes the folders of demos that were killed and could not do so themselves. One that can't be removed,
// another user's say, stays.
func clearDemos(parent string) {
	folders, err := filepath.Glob(filepath.Join(parent, demoFolder+"*-*"))
	if err != nil {
		return
	}
	for _, folder := range folders {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), demoFolder), "-")
		if pid, err := strconv.Atoi(id); err == nil && pid > 0 && gone(pid) {
			_ = os.RemoveAll(folder)
		}
	}
}

// gone says whether there certainly is no such process.
func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	defer func() { _ = p.Release() }()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
