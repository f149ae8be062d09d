package main

import "log/slog"

func testLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
