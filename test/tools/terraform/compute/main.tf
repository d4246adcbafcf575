# What every cloud behind the gateway can do: a key pair, a server group, and instances on a network that exists. The first one has the
# gateway's flags in its metadata.
terraform {
  required_providers {
    openstack = { source = "terraform-provider-openstack/openstack" }
  }
}

provider "openstack" {}

variable "name" {}
variable "private_network" {}
variable "flavor" { default = "m1.tiny" }
variable "instances" { default = 1 }
variable "role" { default = "web" }
variable "flags" {
  type    = map(string)
  default = {}
}

data "openstack_images_image_v2" "system" {
  name        = "ubuntu-22.04-amd64"
  most_recent = true
}

data "openstack_compute_flavor_v2" "size" { name = var.flavor }
data "openstack_networking_network_v2" "private" { name = var.private_network }

resource "openstack_compute_keypair_v2" "key" { name = "${var.name}-key" }

resource "openstack_compute_servergroup_v2" "group" {
  name     = "${var.name}-group"
  policies = ["soft-anti-affinity"]
}

resource "openstack_compute_instance_v2" "instance" {
  count     = var.instances
  name      = "${var.name}-${count.index}"
  image_id  = data.openstack_images_image_v2.system.id
  flavor_id = data.openstack_compute_flavor_v2.size.id
  key_pair  = openstack_compute_keypair_v2.key.name
  metadata  = merge({ role = var.role }, count.index == 0 ? var.flags : tomap({}))
  tags      = ["shop", var.role]
  scheduler_hints { group = openstack_compute_servergroup_v2.group.id }
  network { uuid = data.openstack_networking_network_v2.private.id }
}

resource "openstack_networking_floatingip_v2" "address" { pool = "public" }
