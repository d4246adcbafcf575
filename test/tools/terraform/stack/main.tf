# A service of its own: network, subnet, router, security group, ports, instances, a public address, an image.
terraform {
  required_providers {
    openstack = { source = "terraform-provider-openstack/openstack" }
  }
}

provider "openstack" {}

variable "name" {}
variable "flavor" { default = "m1.tiny" }
variable "instances" { default = 1 }
variable "role" { default = "web" }

data "openstack_images_image_v2" "system" {
  name        = "ubuntu-22.04-amd64"
  most_recent = true
}

data "openstack_compute_flavor_v2" "size" { name = var.flavor }
data "openstack_networking_network_v2" "public" { name = "public" }

resource "openstack_networking_network_v2" "net" {
  name = "${var.name}-net"
  tags = ["shop"]
}

resource "openstack_networking_subnet_v2" "subnet" {
  name       = "${var.name}-subnet"
  network_id = openstack_networking_network_v2.net.id
  cidr       = "10.88.0.0/24"
}

resource "openstack_networking_router_v2" "router" {
  name                = "${var.name}-router"
  external_network_id = data.openstack_networking_network_v2.public.id
}

resource "openstack_networking_router_interface_v2" "interface" {
  router_id = openstack_networking_router_v2.router.id
  subnet_id = openstack_networking_subnet_v2.subnet.id
}

resource "openstack_networking_secgroup_v2" "web" {
  name        = "${var.name}-web"
  description = "HTTP for ${var.role}"
}

resource "openstack_networking_secgroup_rule_v2" "http" {
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 80
  port_range_max    = 80
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = openstack_networking_secgroup_v2.web.id
}

resource "openstack_compute_keypair_v2" "key" { name = "${var.name}-key" }

resource "openstack_networking_port_v2" "port" {
  count              = var.instances
  name               = "${var.name}-port-${count.index}"
  network_id         = openstack_networking_network_v2.net.id
  security_group_ids = [openstack_networking_secgroup_v2.web.id]
  fixed_ip {
    subnet_id  = openstack_networking_subnet_v2.subnet.id
    ip_address = "10.88.0.${count.index + 10}"
  }
}

resource "openstack_compute_instance_v2" "instance" {
  count     = var.instances
  name      = "${var.name}-${count.index}"
  image_id  = data.openstack_images_image_v2.system.id
  flavor_id = data.openstack_compute_flavor_v2.size.id
  key_pair  = openstack_compute_keypair_v2.key.name
  metadata  = { role = var.role }
  tags      = ["shop"]
  network { port = openstack_networking_port_v2.port[count.index].id }
}

resource "openstack_networking_floatingip_v2" "address" {
  pool       = data.openstack_networking_network_v2.public.name
  depends_on = [openstack_networking_router_interface_v2.interface]
}

resource "openstack_networking_floatingip_associate_v2" "address" {
  floating_ip = openstack_networking_floatingip_v2.address.address
  port_id     = openstack_networking_port_v2.port[0].id
}

resource "openstack_images_image_v2" "own" {
  name             = "${var.name}-image"
  local_file_path  = "${path.module}/main.tf"
  container_format = "bare"
  disk_format      = "raw"
  properties       = { os_distro = "debian" }
}
