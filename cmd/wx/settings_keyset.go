package main

import (
	"fmt"

	"shixi/store"
)

// keysetCmd makes a keyset.
type keysetCmd struct{}

// Run prints a fresh keyset and nothing else, so that it can be sent straight into a file.
func (keysetCmd) Run(out *console) error {
	keyset, err := store.NewKeyset()
	if err != nil {
		return fmt.Errorf("make a keyset: %w", err)
	}
	_, err = fmt.Fprintln(out.stdout, keyset)
	return err
}
