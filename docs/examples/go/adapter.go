// The adapter: serves the port until standard input ends.
package main

import (
	"log"
	"os"
)

func main() {
	port := &Port{}
	if err := Serve(port.Methods(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
