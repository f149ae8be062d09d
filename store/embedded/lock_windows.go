package embedded

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errSharing is the system's error for a file opened without sharing.
const errSharing = syscall.Errno(32)

// lockDir takes the folder for this process by a file opened without sharing;
// the lock ends with the process, however it ends.
func lockDir(name string) (*os.File, error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		if errors.Is(err, errSharing) {
			err = ErrLocked
		}
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	return os.NewFile(uintptr(h), name), nil
}

// syncDir does nothing: the system offers no sync of a folder.
func syncDir(string) error { return nil }
