// The least that a container can do on Knative: it answers every request with 200.
//
// scripts/coldstart compares the function's cold start with that of this program.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		_, _ = answer.Write([]byte(`{"fraud": false}`))
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
