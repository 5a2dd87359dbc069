# Has the published agent unpack a bundle, and lists what it made of it, for the
# comparison in agent_test.go:
#
#   unpack.rb FOLDER BUNDLE TYPE WAY
#
# WAY is linux (the agent as it runs there), nounzip (there, with no unzip on the
# PATH, so that it falls back to its own library) or windows (its unpacking of
# tar there, which is the same code on any system). The first line tells the
# versions, the others are entries as the manifest has them, with the modes that
# are on the disk.
require 'digest'
require 'fileutils'
require 'find'
require 'ostruct'
require 'instance_agent'
require 'instance_agent/config'
require 'aws/codedeploy/local/deployer'
require 'instance_agent/platform/windows_util'

root, bundle, type, way = ARGV
File.umask(0o022)
InstanceAgent::Log.init(File.join(root, 'agent.log'))
InstanceAgent::Config.config[:root_dir] = root
ProcessManager::Config.config[:root_dir] = root
ProcessManager::Config.config[:max_revisions] = 5
InstanceAgent::Platform.util = way == 'windows' ? InstanceAgent::WindowsUtil : InstanceAgent::LinuxUtil

unzip = `unzip -v`.lines.first.to_s[/UnZip [\d.]+/]
tar = `/bin/tar --version`.lines.first.to_s.strip
ENV['PATH'] = root if way == 'nounzip'

executor = InstanceAgent::Plugins::CodeDeployPlugin::CommandExecutor.new(:hook_mapping => {})
spec = OpenStruct.new(:deployment_group_id => 'group', :deployment_id => 'd-1', :bundle_type => type)
executor.send(:unpack_bundle, nil, bundle, spec)

by = case [way, type]
     when %w[linux zip] then unzip
     when %w[nounzip zip] then "rubyzip #{Gem.loaded_specs['rubyzip']&.version || Zip::VERSION}"
     when %w[windows tar], %w[windows tgz] then "minitar #{Archive::Tar::Minitar::VERSION}"
     else tar
     end
puts "Ruby #{RUBY_VERSION}, #{by}"

top = File.join(root, 'group', 'd-1', 'deployment-archive')
lines = {}
Find.find(top) do |path|
  name = path.b.delete_prefix("#{top}/".b)
  stat = File.lstat(path)
  mode = format('%04o', stat.mode & 0o7777)
  if stat.symlink?
    target = File.readlink(path)
    lines[name] = "link 0777 #{target.bytesize} #{Digest::SHA256.hexdigest(target)}"
  elsif stat.directory?
    lines[name] = "dir #{mode} 0 -" if path != top && Dir.empty?(path)
  else
    lines[name] = "file #{mode} #{stat.size} #{Digest::SHA256.file(path).hexdigest}"
  end
end
lines.keys.sort.each { |name| $stdout.write(lines[name].b, ' '.b, name, "\n") }
