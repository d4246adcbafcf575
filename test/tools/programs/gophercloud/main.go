// gophercloud, signed in from the environment: each service of the catalog. Prints [[step, outcome], ...] as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/hypervisors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/limits"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servergroups"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/dns/v2/zones"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/keymanager/v1/secrets"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/containers"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/objects"
	"github.com/gophercloud/gophercloud/v2/openstack/orchestration/v1/stacks"
)

var (
	ctx  = context.Background()
	done = [][2]string{}
	name = fmt.Sprintf("tool-%x", time.Now().UnixNano())
)

// step runs one call and notes what came of it; nil without success.
func step[T any](name string, act func() (T, error), shown func(T) any) (got T, isDone bool) {
	got, err := act()
	outcome := "ok"
	if err == nil && shown != nil {
		outcome = fmt.Sprint(shown(got))
	}
	if err != nil {
		outcome = "failed: " + describe(err)
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	done = append(done, [2]string{name, outcome})
	return got, err == nil
}

func call(name string, act func() error) bool {
	_, isDone := step(name, func() (bool, error) { return true, act() }, nil)
	return isDone
}

func refused(name string, act func() error) {
	err := act()
	outcome := "failed: not refused"
	if err != nil {
		outcome = "refused: " + describe(err)
	}
	done = append(done, [2]string{name, outcome})
}

func describe(err error) string {
	var status gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &status) {
		return fmt.Sprint(status.Actual)
	}
	return fmt.Sprintf("%T", err)
}

func until(read func() (string, error), wanted string) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		got, err := read()
		if err != nil || got == wanted {
			return err
		}
	}
	return errors.New("timeout")
}

func must[T any](got T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return got
}

func main() {
	options := must(openstack.AuthOptionsFromEnv())
	options.AllowReauth = true
	provider := must(openstack.AuthenticatedClient(ctx, options))
	where := gophercloud.EndpointOpts{Region: os.Getenv("OS_REGION_NAME")}
	catalog := must(provider.GetAuthResult().(tokens.CreateResult).ExtractServiceCatalog())
	served := map[string]bool{}
	for _, entry := range catalog.Entries {
		served[entry.Type] = true
	}
	exercise(provider, where, served)
	call("revoke the token", func() error {
		identity := must(openstack.NewIdentityV3(provider, where))
		return tokens.Revoke(ctx, identity, provider.Token()).Err
	})
	fmt.Println(string(must(json.Marshal(done))))
}

func exercise(provider *gophercloud.ProviderClient, where gophercloud.EndpointOpts, served map[string]bool) {
	compute := must(openstack.NewComputeV2(provider, where))
	network := must(openstack.NewNetworkV2(provider, where))
	image := must(openstack.NewImageV2(provider, where))

	var own, external networks.Network
	step("networks", func() (int, error) {
		pages, err := networks.List(network, nil).AllPages(ctx)
		if err != nil {
			return 0, err
		}
		all, err := networks.ExtractNetworks(pages)
		for _, one := range all {
			if one.Name == "public" {
				external = one
			} else if !one.Shared {
				own = one
			}
		}
		return len(all), err
	}, func(count int) any { return count > 1 })
	flavor, _ := step("flavors", func() (flavors.Flavor, error) {
		pages, err := flavors.ListDetail(compute, nil).AllPages(ctx)
		if err != nil {
			return flavors.Flavor{}, err
		}
		all, err := flavors.ExtractFlavors(pages)
		for _, one := range all {
			if one.Name == "m1.tiny" {
				return one, err
			}
		}
		return flavors.Flavor{}, errors.New("no m1.tiny")
	}, func(f flavors.Flavor) any { return f.RAM })
	base, _ := step("images by name", func() (images.Image, error) {
		pages, err := images.List(image, images.ListOpts{Name: "ubuntu-22.04-amd64"}).AllPages(ctx)
		if err != nil {
			return images.Image{}, err
		}
		all, err := images.ExtractImages(pages)
		if err == nil && len(all) == 0 {
			err = errors.New("no image")
		}
		return all[0], err
	}, func(i images.Image) any { return i.Status })
	call("limits", func() error { return limits.Get(ctx, compute, nil).Err })
	refused("hypervisors", func() error { _, err := hypervisors.List(compute, nil).AllPages(ctx); return err })

	call("create a key pair", func() error { return keypairs.Create(ctx, compute, keypairs.CreateOpts{Name: name}).Err })
	defer call("delete the key pair", func() error { return keypairs.Delete(ctx, compute, name, nil).ExtractErr() })
	group, isMade := step("create a security group", groups.Create(ctx, network, groups.CreateOpts{Name: name}).Extract, nil)
	if isMade {
		defer call("delete the security group", func() error { return groups.Delete(ctx, network, group.ID).ExtractErr() })
		call("create a rule", func() error {
			return rules.Create(ctx, network, rules.CreateOpts{
				SecGroupID: group.ID, Direction: "ingress", EtherType: "IPv4", Protocol: "tcp", PortRangeMin: 22, PortRangeMax: 22,
			}).Err
		})
	}
	affinity, isMade := step("create a server group", servergroups.Create(ctx, compute, servergroups.CreateOpts{Name: name, Policies: []string{"anti-affinity"}}).Extract, nil)
	if isMade {
		defer call("delete the server group", func() error { return servergroups.Delete(ctx, compute, affinity.ID).ExtractErr() })
	}
	useServer(compute, network, external.ID, keypairs.CreateOptsExt{
		KeyName: name,
		CreateOptsBuilder: servers.CreateOpts{
			Name: name, ImageRef: base.ID, FlavorRef: flavor.ID, Networks: []servers.Network{{UUID: own.ID}},
			SecurityGroups: []string{name}, Metadata: map[string]string{"team": "blue"},
		},
	}, provider, where, served)

	made, isMade := step("create a network", networks.Create(ctx, network, networks.CreateOpts{Name: name}).Extract, nil)
	if isMade {
		defer call("delete the network", func() error { return networks.Delete(ctx, network, made.ID).ExtractErr() })
		call("create a subnet", func() error {
			return subnets.Create(ctx, network, subnets.CreateOpts{NetworkID: made.ID, CIDR: "10.97.0.0/24", IPVersion: 4}).Err
		})
	}
	uploaded, isMade := step("create an image", images.Create(ctx, image, images.CreateOpts{Name: name, DiskFormat: "raw", ContainerFormat: "bare"}).Extract, nil)
	if isMade {
		defer call("delete the image", func() error { return images.Delete(ctx, image, uploaded.ID).ExtractErr() })
		call("upload", func() error {
			return imagedata.Upload(ctx, image, uploaded.ID, bytes.NewReader(make([]byte, 100_000))).ExtractErr()
		})
		step("download", func() (int, error) {
			data, err := imagedata.Download(ctx, image, uploaded.ID).Extract()
			if err != nil {
				return 0, err
			}
			read, err := io.ReadAll(data)
			return len(read), err
		}, func(length int) any { return length })
	}
	useServices(provider, where, served)
}

func useServer(compute, network *gophercloud.ServiceClient, external string, options servers.CreateOptsBuilder, provider *gophercloud.ProviderClient, where gophercloud.EndpointOpts, served map[string]bool) {
	server, isMade := step("create a server", servers.Create(ctx, compute, options, nil).Extract, nil)
	if !isMade {
		return
	}
	status := func(wanted string) func() error {
		return func() error {
			return until(func() (string, error) {
				shown, err := servers.Get(ctx, compute, server.ID).Extract()
				if err != nil {
					return "", err
				}
				return shown.Status, nil
			}, wanted)
		}
	}
	call("wait", status("ACTIVE"))
	defer func() {
		call("delete the server", func() error { return servers.Delete(ctx, compute, server.ID).ExtractErr() })
		call("until it is gone", func() error {
			return until(func() (string, error) {
				err := servers.Get(ctx, compute, server.ID).Err
				if gophercloud.ResponseCodeIs(err, 404) {
					return "gone", nil
				}
				return "", err
			}, "gone")
		})
	}()
	step("servers in pages of one", func() (bool, error) {
		pages, err := servers.List(compute, servers.ListOpts{Limit: 1}).AllPages(ctx)
		if err != nil {
			return false, err
		}
		all, err := servers.ExtractServers(pages)
		found := false
		for _, one := range all {
			found = found || one.ID == server.ID
		}
		return found, err
	}, func(found bool) any { return found })
	call("stop", func() error { return servers.Stop(ctx, compute, server.ID).ExtractErr() })
	call("until it has stopped", status("SHUTOFF"))
	call("start", func() error { return servers.Start(ctx, compute, server.ID).ExtractErr() })
	call("until it has started", status("ACTIVE"))
	step("change metadata", servers.UpdateMetadata(ctx, compute, server.ID, servers.MetadataOpts{"tier": "web"}).Extract, func(them map[string]string) any {
		keys := []string{}
		for key := range them {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		return keys
	})
	address, isMade := step("create a floating ip", floatingips.Create(ctx, network, floatingips.CreateOpts{FloatingNetworkID: external}).Extract, nil)
	if isMade {
		defer call("delete the floating ip", func() error { return floatingips.Delete(ctx, network, address.ID).ExtractErr() })
	}
	if !served["volumev3"] && !served["block-storage"] {
		return
	}
	storage := must(openstack.NewBlockStorageV3(provider, where))
	volume, isMade := step("create a volume", volumes.Create(ctx, storage, volumes.CreateOpts{Name: name, Size: 1}, nil).Extract, nil)
	if !isMade {
		return
	}
	state := func(wanted string) func() error {
		return func() error {
			return until(func() (string, error) {
				shown, err := volumes.Get(ctx, storage, volume.ID).Extract()
				if err != nil {
					return "", err
				}
				return shown.Status, nil
			}, wanted)
		}
	}
	call("until it is available", state("available"))
	call("attach the volume", func() error {
		return volumeattach.Create(ctx, compute, server.ID, volumeattach.CreateOpts{VolumeID: volume.ID}).Err
	})
	call("until it is in use", state("in-use"))
	call("detach the volume", func() error { return volumeattach.Delete(ctx, compute, server.ID, volume.ID).ExtractErr() })
	call("until it is available again", state("available"))
	call("delete the volume", func() error { return volumes.Delete(ctx, storage, volume.ID, nil).ExtractErr() })
}

func useServices(provider *gophercloud.ProviderClient, where gophercloud.EndpointOpts, served map[string]bool) {
	if served["object-store"] {
		store := must(openstack.NewObjectStorageV1(provider, where))
		call("create a container", func() error { return containers.Create(ctx, store, name, nil).Err })
		call("put an object", func() error {
			return objects.Create(ctx, store, name, "a b/ü", objects.CreateOpts{Content: bytes.NewReader([]byte("12345"))}).Err
		})
		step("get an object", func() (string, error) {
			download := objects.Download(ctx, store, name, "a b/ü", nil)
			data, err := download.ExtractContent()
			return string(data), err
		}, func(text string) any { return text })
		call("delete the object", func() error { return objects.Delete(ctx, store, name, "a b/ü", nil).Err })
		call("delete the container", func() error { return containers.Delete(ctx, store, name).Err })
	}
	if served["key-manager"] {
		manager := must(openstack.NewKeyManagerV1(provider, where))
		secret, isMade := step("store a secret", secrets.Create(ctx, manager, secrets.CreateOpts{Name: name, Payload: "hunter2", PayloadContentType: "text/plain"}).Extract, nil)
		if isMade {
			id := secret.SecretRef[len(secret.SecretRef)-36:]
			step("its payload", func() (string, error) {
				data, err := secrets.GetPayload(ctx, manager, id, nil).Extract()
				return string(data), err
			}, func(text string) any { return text })
			call("delete the secret", func() error { return secrets.Delete(ctx, manager, id).ExtractErr() })
		}
	}
	if served["dns"] {
		dns := must(openstack.NewDNSV2(provider, where))
		zone, isMade := step("create a zone", zones.Create(ctx, dns, zones.CreateOpts{Name: name + ".example.", Email: "root@example.com"}).Extract, nil)
		if isMade {
			call("delete the zone", func() error { return zones.Delete(ctx, dns, zone.ID).Err })
		}
	}
	if served["orchestration"] {
		heat := must(openstack.NewOrchestrationV1(provider, where))
		template := &stacks.Template{}
		template.Bin = []byte("heat_template_version: 2018-08-31\nresources:\n  word: {type: 'OS::Heat::RandomString'}\n")
		stack, isMade := step("create a stack", stacks.Create(ctx, heat, stacks.CreateOpts{Name: name, TemplateOpts: template}).Extract, nil)
		if isMade {
			call("until it is complete", func() error {
				return until(func() (string, error) {
					shown, err := stacks.Get(ctx, heat, name, stack.ID).Extract()
					if err != nil {
						return "", err
					}
					return shown.Status, nil
				}, "CREATE_COMPLETE")
			})
			call("find it by name", func() error { return stacks.Find(ctx, heat, name).Err })
			call("delete the stack", func() error { return stacks.Delete(ctx, heat, name, stack.ID).ExtractErr() })
		}
	}
}
