// A receiver of alerts: it shows what Alertmanager sends, as it arrives, to whoever looks.
//
// Whoever is on duty would get a mail or a message. Here a notification becomes one line of the log for each alert, and
// a row of a page; the last ones are kept as long as the process lives.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"html/template"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	alertmanager "github.com/prometheus/alertmanager/template"
)

const (
	capacity            = 200
	largestNotification = 1 << 20
)

// arrival is an alert as a notification told of it.
type arrival struct {
	Time        time.Time         `json:"time"`
	Status      string            `json:"status"`
	Alert       string            `json:"alert"`
	Labels      map[string]string `json:"labels"`
	Summary     string            `json:"summary"`
	Runbook     string            `json:"runbook"`
	StartsAt    time.Time         `json:"starts_at"`
	Fingerprint string            `json:"fingerprint"`
}

type receiver struct {
	log      *json.Encoder
	mutex    sync.Mutex
	arrivals []arrival
}

func main() {
	listen := flag.String("listen", ":8080", "the address to serve at")
	flag.Parse()
	server := &http.Server{
		Addr:              *listen,
		Handler:           newReceiver(json.NewEncoder(os.Stdout)),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopping, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(stopping, func() { _ = server.Close() }) // Alertmanager sends again what was not answered
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func newReceiver(log *json.Encoder) http.Handler {
	r := &receiver{log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /alerts", r.receive)
	mux.HandleFunc("GET /alerts", r.list)
	mux.HandleFunc("GET /{$}", r.page)
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func (r *receiver) receive(writer http.ResponseWriter, request *http.Request) {
	var notification alertmanager.Data
	err := json.NewDecoder(http.MaxBytesReader(writer, request.Body, largestNotification)).Decode(&notification)
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(writer, err.Error(), status)
		return
	}
	now := time.Now().UTC()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, alert := range notification.Alerts {
		r.store(arrival{now, alert.Status, alert.Labels["alertname"], alert.Labels, alert.Annotations["summary"],
			alert.Annotations["runbook_url"], alert.StartsAt, alert.Fingerprint})
	}
}

// store is called with the mutex held.
func (r *receiver) store(alert arrival) {
	r.arrivals = append(r.arrivals, alert)
	r.arrivals = r.arrivals[max(0, len(r.arrivals)-capacity):]
	if err := r.log.Encode(alert); err != nil {
		log.Print(err)
	}
}

func (r *receiver) snapshot() []arrival {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]arrival{}, r.arrivals...)
}

func (r *receiver) list(writer http.ResponseWriter, _ *http.Request) {
	writer.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(writer).Encode(map[string][]arrival{"alerts": r.snapshot()}); err != nil {
		log.Print(err) // the client has gone
	}
}

func (r *receiver) page(writer http.ResponseWriter, _ *http.Request) {
	alerts := r.snapshot()
	slices.Reverse(alerts)
	writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := page.Execute(writer, alerts); err != nil {
		log.Print(err)
	}
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width">
<title>Alerts that arrived</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886 }
code { overflow-wrap: anywhere }
</style>
<h1>Alerts that arrived</h1>
{{if not .}}<p>None yet.</p>{{else}}
<table>
<thead><tr><th>Time (UTC)<th>Status<th>Alert<th>Labels<th>Summary</thead>
<tbody>
{{range .}}<tr><td>{{.Time.Format "15:04:05"}}<td><b>{{.Status}}</b><td>{{.Alert}}
<td>{{range $name, $value := .Labels}}{{if ne $name "alertname"}}<code>{{$name}}={{$value}}</code> {{end}}{{end}}
<td>{{.Summary}}{{with .Runbook}} <a href="{{.}}">What to do</a>{{end}}
{{end}}</tbody>
</table>{{end}}
</html>
`))
