// The front of the lab's registry, a program of our own (main.go).
module kubernetes-lab/registry-front

go 1.26.6

tool kubernetes-lab/registry-front

require (
	github.com/opencontainers/go-digest v1.0.0
	github.com/opencontainers/image-spec v1.1.1
)
