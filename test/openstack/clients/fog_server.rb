# fog-openstack with an API key: list, create, get, reboot, delete. Prints what it saw as JSON.

require 'json'
require 'fog/openstack'

compute = Fog::OpenStack::Compute.new(
  openstack_auth_url: "#{ENV.fetch('GATEWAY')}/identity",
  openstack_username: ENV.fetch('KEY_ID'),
  openstack_api_key: ENV.fetch('KEY'),
  openstack_project_name: ENV.fetch('PROJECT'),
  openstack_domain_name: 'Default',
  openstack_region: 'RegionOne'
)

def wait_until(seconds = 120)
  deadline = Time.now + seconds
  until yield
    abort 'waited in vain' if Time.now > deadline
    sleep 0.5
  end
end

flavor = compute.flavors.find { |one| one.name == 'm1.tiny' }
server = compute.servers.create(
  name: ENV.fetch('NAME'),
  flavor_ref: flavor.id,
  image_ref: ENV.fetch('IMAGE_ID'),
  nics: [{ net_id: ENV.fetch('NETWORK') }]
)
wait_until { compute.servers.get(server.id).state == 'ACTIVE' }
listed = compute.servers.map(&:id).include?(server.id)
shown = compute.servers.get(server.id)
rebooted = shown.reboot('SOFT')
wait_until { compute.servers.get(server.id).state == 'ACTIVE' }
destroyed = shown.destroy
wait_until { compute.servers.get(server.id).nil? }
puts JSON.generate(
  id: server.id, name: shown.name, listed: listed, rebooted: rebooted ? true : false, destroyed: destroyed ? true : false
)
