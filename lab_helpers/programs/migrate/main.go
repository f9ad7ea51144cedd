// Migrations of a PostgreSQL database: goose, with the lock that its own command line does not take.
//
// It knows goose's commands `up`, `status` and `version`, and goose's environment variables: GOOSE_DBSTRING, the URL of
// the database, and GOOSE_MIGRATION_DIR. A URL is a password: it is never an argument, and never printed.
//
// The lock belongs to a session of the server (pg_advisory_lock), so that whoever comes second waits, and whoever dies
// gives it up. Each migration is a transaction of its own.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	defaultDirectory = "/migrations"
	startSeconds     = 30 // a database that is still starting is waited for
	lockPeriod       = 1  // seconds between two tries to get the lock
	lockTries        = 300
	usage            = "usage: migrate up | status | version"
)

// What every session asks of the server. Whoever needs a table that a migration has to lock would wait behind it: it
// gives up instead, and is run again. A client that vanished must not keep the lock for longer than that.
var settings = map[string]string{
	"application_name":                 "migrate",
	"lock_timeout":                     "3s",
	"client_connection_check_interval": "2s",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "migrate: %v\n", err)
		os.Exit(1)
	}
}

var commands = map[string]func(context.Context, *goose.Provider, io.Writer) error{
	"up":      up,
	"status":  status,
	"version": version,
}

func run(ctx context.Context, name string, out io.Writer) error {
	command := commands[name]
	if command == nil {
		return fmt.Errorf("%s: no such command\n%s", name, usage)
	}
	db, err := open(os.Getenv("GOOSE_DBSTRING"))
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := newProvider(db, migrationDirectory())
	if err != nil {
		return err
	}
	if err := waitUntilUp(ctx, db); err != nil {
		return err
	}
	return command(ctx, provider, out)
}

func migrationDirectory() string {
	if directory := os.Getenv("GOOSE_MIGRATION_DIR"); directory != "" {
		return directory
	}
	return defaultDirectory
}

func open(url string) (*sql.DB, error) {
	if url == "" {
		return nil, errors.New("GOOSE_DBSTRING is not set: the URL of the database, from a Secret")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("GOOSE_DBSTRING is no URL of a PostgreSQL database, as in postgresql://user:password@host:5432/database")
	}
	for name, value := range settings {
		config.RuntimeParams[name] = value
	}
	return stdlib.OpenDB(*config), nil
}

func newProvider(db *sql.DB, directory string) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS(directory),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", directory, err)
	}
	return provider, nil
}

func waitUntilUp(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, startSeconds*time.Second)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil || isRefused(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w", err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// isRefused tells a server that answers and says no (a wrong password, a database that is not there) from one that is away
// or still starting.
func isRefused(err error) bool {
	const cannotConnectNow = "57P03"
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code != cannotConnectNow
}

func up(ctx context.Context, provider *goose.Provider, out io.Writer) error {
	results, err := provider.Up(ctx)
	if partial := (*goose.PartialError)(nil); errors.As(err, &partial) {
		report(out, partial.Applied)
		return fmt.Errorf("%s failed: %w\nNothing of it is in the database; what came before it is", partial.Failed.Source.Path, partial.Err)
	}
	if err != nil {
		return err
	}
	report(out, results)
	if len(results) == 0 {
		fmt.Fprintln(out, "nothing to apply")
	}
	return version(ctx, provider, out)
}

func report(out io.Writer, applied []*goose.MigrationResult) {
	for _, result := range applied {
		fmt.Fprintf(out, "applied %s (%s)\n", result.Source.Path, result.Duration.Round(time.Millisecond))
	}
}

func status(ctx context.Context, provider *goose.Provider, out io.Writer) error {
	states, err := provider.Status(ctx)
	if err != nil {
		return err
	}
	for _, state := range states {
		fmt.Fprintf(out, "%-8s %s\n", state.State, state.Source.Path)
	}
	return nil
}

func version(ctx context.Context, provider *goose.Provider, out io.Writer) error {
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the schema is at version %d\n", current)
	return nil
}
