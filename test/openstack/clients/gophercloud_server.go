// gophercloud with an API key as an application credential: list, create, get, reboot, delete. Prints what it saw as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/gophercloud/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/openstack/networking/v2/networks"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	// Without a version, so that the client has to find it.
	provider, err := openstack.AuthenticatedClient(gophercloud.AuthOptions{
		IdentityEndpoint:            os.Getenv("GATEWAY") + "/identity/",
		ApplicationCredentialID:     os.Getenv("KEY_ID"),
		ApplicationCredentialSecret: os.Getenv("KEY"),
	})
	must(err)
	where := gophercloud.EndpointOpts{Region: "RegionOne"}
	compute, err := openstack.NewComputeV2(provider, where)
	must(err)
	network, err := openstack.NewNetworkV2(provider, where)
	must(err)
	_, err = networks.Get(network, os.Getenv("NETWORK")).Extract()
	must(err)

	made, err := servers.Create(compute, servers.CreateOpts{
		Name:      os.Getenv("NAME"),
		ImageRef:  os.Getenv("IMAGE_ID"),
		FlavorRef: "m1.tiny",
		Networks:  []servers.Network{{UUID: os.Getenv("NETWORK")}},
	}).Extract()
	must(err)
	must(servers.WaitForStatus(compute, made.ID, "ACTIVE", 120))
	shown, err := servers.Get(compute, made.ID).Extract()
	must(err)
	pages, err := servers.List(compute, servers.ListOpts{Limit: 1}).AllPages()
	must(err)
	all, err := servers.ExtractServers(pages)
	must(err)
	listed := false
	for _, one := range all {
		listed = listed || one.ID == made.ID
	}
	must(servers.Reboot(compute, made.ID, servers.RebootOpts{Type: servers.SoftReboot}).ExtractErr())
	must(servers.WaitForStatus(compute, made.ID, "ACTIVE", 120))
	must(servers.Delete(compute, made.ID).ExtractErr())
	must(gophercloud.WaitFor(120, func() (bool, error) {
		_, err := servers.Get(compute, made.ID).Extract()
		if _, gone := err.(gophercloud.ErrDefault404); gone {
			return true, nil
		}
		time.Sleep(500 * time.Millisecond)
		return false, err
	}))
	answer, err := json.Marshal(map[string]interface{}{
		"id": made.ID, "name": shown.Name, "listed": listed, "rebooted": true, "destroyed": true,
	})
	must(err)
	fmt.Println(string(answer))
}
