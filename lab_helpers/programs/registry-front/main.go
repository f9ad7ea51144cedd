// The front of the lab's registry: tags that never move.
//
// CNCF Distribution, which serves the images, takes whatever a tag is pushed with. This program ends TLS before it and
// passes requests on, but for a push that would give a tag another image. Two may move: `latest`, which says so by its
// name, and any tag when the operator pushes it, who is the lab itself.
//
// It runs the registry, which listens on a socket in its directory, and ends with it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	mutable         = "latest"
	largestManifest = 4 << 20 // Distribution takes no larger one
	dockerTypes     = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
)

var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^/:]+)$`)

type front struct {
	operator string
	registry http.RoundTripper
	proxy    http.Handler
	pushing  sync.Mutex // between the look at a tag and its push nobody else pushes it
}

func main() {
	directory := flag.String("directory", ".", "the registry's, with tls.crt and tls.key")
	listen := flag.String("listen", "", "the addresses to serve at, separated by commas")
	socket := flag.String("socket", "", "the socket in the directory that the registry listens on")
	operator := flag.String("operator", "", "the user who may move tags")
	flag.Parse()
	// A socket's path may be 108 bytes long, and that of the directory longer.
	if err := os.Chdir(*directory); err != nil {
		log.Fatal(err)
	}

	registry := start(*socket, flag.Args())
	go func() {
		err := registry.Wait()
		log.Fatalf("the registry has ended: %v", err)
	}()
	waitListening(*socket)
	server := &http.Server{Handler: newFront(*socket, *operator), ReadHeaderTimeout: time.Minute}
	for _, address := range strings.Split(*listen, ",") {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(server.ServeTLS(listener, "tls.crt", "tls.key")) }()
	}
	select {}
}

// start runs the registry, which ends when this process does, however that ends.
func start(socket string, argv []string) *exec.Cmd {
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		log.Fatal(err)
	}
	registry := exec.Command(argv[0], argv[1:]...)
	registry.Stdout, registry.Stderr = os.Stdout, os.Stderr
	registry.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the signal is sent when the thread ends that has started it
	if err := registry.Start(); err != nil {
		log.Fatal(err)
	}
	return registry
}

// waitListening returns when the registry takes connections: before that, nobody shall believe that it is there.
func waitListening(socket string) {
	for {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			connection.Close()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func newFront(socket, operator string) *front {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", socket)
		},
		DisableCompression:  true, // what a client did not ask for, it does not get
		MaxIdleConnsPerHost: 32,
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(&url.URL{Scheme: "http", Host: "registry"})
			request.Out.Host = request.In.Host
			request.SetXForwarded() // from which the registry makes the addresses it answers with
		},
		Transport: transport,
	}
	return &front{operator: operator, registry: transport, proxy: proxy}
}

func (f *front) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	match := manifestPath.FindStringSubmatch(request.URL.Path)
	if request.Method != http.MethodPut || match == nil || match[2] == mutable || f.isOperator(request) {
		f.proxy.ServeHTTP(writer, request)
		return
	}
	manifest, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, largestManifest))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge // as the specification of distribution has it
		}
		refuse(writer, status, "MANIFEST_INVALID", err.Error())
		return
	}
	f.pushing.Lock()
	defer f.pushing.Unlock()
	tagged, err := f.digest(request)
	if err != nil {
		refuse(writer, http.StatusServiceUnavailable, "UNAVAILABLE", err.Error())
		return
	}
	if tagged != "" && tagged != digest.FromBytes(manifest) {
		refuse(writer, http.StatusForbidden, "DENIED", explain(match[1], match[2], tagged))
		return
	}
	request.Body = io.NopCloser(bytes.NewReader(manifest))
	f.proxy.ServeHTTP(writer, request)
}

// isOperator tells whether the operator asks; whether it is really them, the registry tells.
func (f *front) isOperator(request *http.Request) bool {
	user, _, ok := request.BasicAuth()
	return ok && user == f.operator
}

// digest returns what a tag names; nothing where there is no such tag, or the registry does not say so to this user.
func (f *front) digest(request *http.Request) (digest.Digest, error) {
	address := url.URL{Scheme: "http", Host: "registry", Path: request.URL.Path}
	head, err := http.NewRequestWithContext(request.Context(), http.MethodHead, address.String(), nil)
	if err != nil {
		return "", err
	}
	head.Header.Set("Authorization", request.Header.Get("Authorization"))
	head.Header.Set("Accept", strings.Join([]string{specs.MediaTypeImageManifest, specs.MediaTypeImageIndex, dockerTypes}, ", "))
	response, err := f.registry.RoundTrip(head)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return digest.Digest(response.Header.Get("Docker-Content-Digest")), nil
	case http.StatusNotFound, http.StatusUnauthorized, http.StatusForbidden:
		return "", nil
	}
	return "", fmt.Errorf("the registry answered %s when asked for the tag", response.Status)
}

func explain(repository, tag string, tagged digest.Digest) string {
	return fmt.Sprintf("the tag %s of %s names another image already, %s, and a tag never moves: where it is deployed, "+
		"nobody could say which of the two runs, or which one a rollback brings back. Next: commit the change, give it "+
		"a tag of its own (git tag with the next version), then build and push that", tag, repository, tagged)
}

func refuse(writer http.ResponseWriter, status int, code, message string) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	body := map[string]any{"errors": []map[string]string{{"code": code, "message": message}}}
	if err := json.NewEncoder(writer).Encode(body); err != nil {
		log.Print(err) // the client has gone
	}
}
