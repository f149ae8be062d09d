package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/redis/go-redis/v9"

	"shixi/store"
	"shixi/store/embedded"
	queue "shixi/tasks/embedded"
)

// openDocuments opens the database: the server of MONGODB_URI, which must have its indexes, or the embedded engine,
// which gets them at once.
func (y *system) openDocuments(ctx context.Context) error {
	uri, keyset := y.settings.MongoDBURI.Reveal(), y.settings.Keyset.Reveal()
	if y.settings.EmbeddedMongoDB() {
		engine, err := embedded.Open(embedded.Options{Dir: y.settings.DataDir, Listen: y.settings.EmbeddedMongoDBListen.String(), Log: y.log})
		if err != nil {
			return fmt.Errorf("start the embedded documents: %w", err)
		}
		y.onClose(func(context.Context) error { return engine.Close() })
		y.engine, uri = engine, engine.URI()
		y.say("embedded documents", "for trial and tests, look in with: mongosh '"+uri+"'")
		if keyset == "" {
			if keyset, err = ownKeyset(y.settings.DataDir); err != nil {
				return err
			}
		}
	}
	db, err := store.Open(store.Options{URI: uri, Keyset: keyset, OnSaved: y.saved, Log: y.log, Monitor: y.monitor})
	if err != nil {
		return err
	}
	y.onClose(db.Close)
	y.db = db
	if y.settings.EmbeddedMongoDB() {
		_, err = db.Migrate(ctx)
	} else {
		err = migrated(ctx, db)
	}
	return err
}

// migrated refuses a database whose indexes are not those of this program.
func migrated(ctx context.Context, db *store.DB) error {
	missing, err := db.Missing(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("the database lacks %d indexes, %s.%s among them: run `wx migrate` first", len(missing), missing[0].Collection, missing[0].Name)
	}
	return nil
}

// ownKeyset is the keyset of a trial: kept beside the journal it protects, or made for this run alone.
func ownKeyset(dir string) (string, error) {
	if dir == "" {
		return store.NewKeyset()
	}
	path := filepath.Join(dir, "keyset.json")
	have, err := os.ReadFile(path)
	if err == nil {
		return string(have), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the trial's keyset: %w", err)
	}
	keyset, err := store.NewKeyset()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(keyset), 0o600); err != nil {
		return "", fmt.Errorf("keep the trial's keyset: %w", err)
	}
	return keyset, nil
}

// redisLog makes the lines of the Redis client's own log ours; without it they stand on stderr as they are.
type redisLog struct{ log *slog.Logger }

// redisLogs gives the library its log once: it has one for all clients of a process, and reads it without a lock.
var redisLogs sync.Once

// Printf is what the client calls, for trouble with connections only.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.WarnContext(ctx, "redis client", slog.String("text", fmt.Sprintf(format, v...)))
}

// openQueue opens Redis: that of REDIS_URL, or the embedded one.
func (y *system) openQueue() error {
	redisLogs.Do(func() { redis.SetLogger(redisLog{y.log}) })
	var err error
	if y.settings.EmbeddedRedis() {
		y.redis, err = y.embeddedQueue()
	} else {
		y.redis, err = y.settings.RedisClient()
	}
	if err != nil {
		return err
	}
	y.onClose(func(context.Context) error { return y.redis.Close() })
	return nil
}

func (y *system) embeddedQueue() (redis.UniversalClient, error) {
	server, err := queue.Open(queue.Options{Listen: y.settings.EmbeddedRedisListen.String()})
	if err != nil {
		return nil, fmt.Errorf("start the embedded queue: %w", err)
	}
	y.onClose(func(context.Context) error { server.Close(); return nil })
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		return nil, fmt.Errorf("embedded queue: %w", err)
	}
	options.ContextTimeoutEnabled = true
	y.say("embedded queue", "look in with: redis-cli -u "+server.URL())
	return redis.NewClient(options), nil
}
