// redu, "List Instances": Go, on the older path
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	req, _ := http.NewRequest(
		"GET",
		os.Getenv("REDU_URL")+"/cloud/v1/compute/instances/list",
		nil,
	)
	req.Header.Set("x-api-key", os.Getenv("REDU_API_KEY"))
	client := &http.Client{}
	resp, err := client.Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
}
