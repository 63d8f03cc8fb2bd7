// Lists strains through the Go client that openapi-generator makes.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	kratom "checks/generated/go"
)

func main() {
	configuration := kratom.NewConfiguration()
	configuration.Servers = kratom.ServerConfigurations{{URL: os.Args[1]}}
	client := kratom.NewAPIClient(configuration)
	veins := []kratom.Vein{kratom.VEIN_RED, kratom.VEIN_GREEN}
	page, _, err := client.StrainsAPI.ListStrains(context.Background()).Vein(veins).Sort(kratom.STRAINSORT_SLUG).Execute()
	if err != nil {
		log.Fatal(err)
	}
	for _, strain := range page.Data {
		fmt.Println(strain.Slug, strain.Vein)
	}
}
