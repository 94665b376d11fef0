module usher.example/gocti-driven

go 1.25.1

require github.com/weisshorn-cyd/gocti v0.83.0
