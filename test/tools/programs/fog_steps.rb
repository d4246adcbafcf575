# fog-openstack, which knows no application credentials: signs in by user and password. Compute, network, volume, storage. Prints steps as JSON.

require 'json'
require 'securerandom'
require 'fog/openstack'

DONE = []
NAME = "tool-#{SecureRandom.hex(4)}"

def step(name)
  got = yield
  DONE << [name, got.to_s]
  got
rescue StandardError => error
  warn "#{name}: #{error.class} #{error.message}"
  DONE << [name, "failed: #{error.class}"]
  nil
end

def wait_until(seconds = 120)
  deadline = Time.now + seconds
  until yield
    raise 'waited in vain' if Time.now > deadline
    sleep 0.5
  end
  true
end

at = {
  openstack_auth_url: ENV.fetch('OS_AUTH_URL').sub(%r{/v3$}, ''),
  openstack_username: ENV.fetch('OS_USERNAME'),
  openstack_api_key: ENV.fetch('OS_PASSWORD'),
  openstack_project_id: ENV.fetch('OS_PROJECT_ID'),
  openstack_domain_name: 'Default',
  openstack_region: ENV.fetch('OS_REGION_NAME')
}
compute = Fog::OpenStack::Compute.new(at)
network = Fog::OpenStack::Network.new(at)
image = Fog::OpenStack::Image.new(at)
# It looks for version 2 unless the catalog's type is named.
volume = Fog::OpenStack::Volume.new(at.merge(openstack_service_type: ['volumev3']))

flavor = step('flavors') { compute.flavors.map(&:name).include?('m1.tiny') } && compute.flavors.find { |f| f.name == 'm1.tiny' }
base = image.images.find { |i| i.name == 'ubuntu-22.04-amd64' }
step('images') { base.status }
own = network.networks.find { |n| n.name != 'public' && !n.shared }
step('networks') { own.status }
pair = step('create a key pair') { compute.key_pairs.create(name: NAME) ? 'ok' : 'none' }
group = nil
step('create a security group') { (group = network.security_groups.create(name: NAME, description: 'of a test')) && 'ok' }
step('create a rule') { network.security_group_rules.create(security_group_id: group.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22) && 'ok' }
server = nil
step('create a server') do
  server = compute.servers.create(name: NAME, flavor_ref: flavor.id, image_ref: base.id, nics: [{ net_id: own.id }], key_name: NAME, metadata: { 'team' => 'blue' })
  'ok'
end
step('wait') { wait_until { compute.servers.get(server.id).state == 'ACTIVE' } }
step('list servers') { compute.servers.map(&:id).include?(server.id) }
step('metadata') { compute.servers.get(server.id).metadata.to_hash['team'] || compute.servers.get(server.id).metadata.map { |m| [m.key, m.value] } }
step('reboot') { compute.servers.get(server.id).reboot('SOFT') ? 'ok' : 'no' }
step('wait again') { wait_until { compute.servers.get(server.id).state == 'ACTIVE' } }
step('stop') { compute.servers.get(server.id).stop && wait_until { compute.servers.get(server.id).state == 'SHUTOFF' } }
made = nil
step('create a volume') { (made = volume.volumes.create(name: NAME, size: 1, description: 'of a test')) && 'ok' }
step('wait for the volume') { wait_until { volume.volumes.get(made.id).status == 'available' } }
step('attach') { compute.attach_volume(made.id, server.id, nil).status }
step('wait until attached') { wait_until { volume.volumes.get(made.id).status == 'in-use' } }
step('detach') { compute.detach_volume(server.id, made.id).status }
step('wait until detached') { wait_until { volume.volumes.get(made.id).status == 'available' } }
step('delete the volume') { volume.volumes.get(made.id).destroy ? 'ok' : 'no' }
step('delete the server') { compute.servers.get(server.id).destroy ? 'ok' : 'no' }
step('wait until it is gone') { wait_until { compute.servers.get(server.id).nil? } }
step('delete the group') { network.security_groups.get(group.id).destroy ? 'ok' : 'no' }
step('delete the key pair') { compute.key_pairs.get(NAME).destroy ? 'ok' : 'no' }
begin
  storage = Fog::OpenStack::Storage.new(at)
rescue StandardError
  storage = nil
end
if storage
  step('create a directory') { storage.directories.create(key: NAME) && 'ok' }
  step('put an object') { storage.directories.get(NAME).files.create(key: 'a b', body: '12345') && 'ok' }
  step('get an object') { storage.directories.get(NAME).files.get('a b').body }
  step('delete the object') { storage.directories.get(NAME).files.get('a b').destroy ? 'ok' : 'no' }
  step('delete the directory') { storage.directories.get(NAME).destroy ? 'ok' : 'no' }
end
puts JSON.generate(DONE)
