# Drives the published agent for the comparison in oracle_test.go: it loads the
# agent's own classes, reads one request a line, carries out the event with
# them and answers with the diagnostics that the agent would send.
#
#   request  {"root":DIR,"max_revisions":N,"event":NAME,"spec":{…}}  or  {"versions":true}
#   answer   {"diagnostics":TEXT,"noop":true|false|null,"ok":true|false}
require 'json'
require 'ostruct'
require 'instance_agent'
require 'instance_agent/config'
require 'aws/codedeploy/local/deployer'

answers = $stdout.dup
$stdout.reopen($stderr)
answers.sync = true

plugin = InstanceAgent::Plugins::CodeDeployPlugin
events = %w[BeforeBlockTraffic AfterBlockTraffic ApplicationStop BeforeInstall AfterInstall
            ApplicationStart ValidateService BeforeAllowTraffic AfterAllowTraffic]
InstanceAgent::Log.init(File.join(Dir.pwd, 'agent.log')) # the test's own folder
InstanceAgent::Platform.util = InstanceAgent::LinuxUtil
# The object that words the diagnostics; made without its network clients.
poller = plugin::CommandPoller.allocate

STDIN.each_line do |line|
  request = JSON.parse(line)
  if request['versions']
    answers.puts({ ruby: RUBY_VERSION, psych: Psych::VERSION }.to_json)
    next
  end
  InstanceAgent::Config.config[:root_dir] = request['root']
  ProcessManager::Config.config[:root_dir] = request['root']
  ProcessManager::Config.config[:max_revisions] = request['max_revisions']
  executor = plugin::CommandExecutor.new(:hook_mapping => events.to_h { |e| [e, [e]] })
  spec = OpenStruct.new(:format => 'TEXT/JSON', :payload => request['spec'].to_json)
  AWS::CodeDeploy::Local::Deployer.class_variable_set(:@@running_as_developer_utility, true)
  noop = nil
  begin
    noop = executor.is_command_noop?(request['event'], spec)
    executor.execute_command(OpenStruct.new(:command_name => request['event']), spec.clone)
    ok = true
    text = poller.send(:gather_diagnostics)
  rescue plugin::ScriptError => e
    ok = false
    text = poller.send(:gather_diagnostics_from_script_error, e)
  rescue Exception => e
    ok = false
    text = poller.send(:gather_diagnostics_from_error, e)
    text = text.dup.force_encoding('UTF-8').scrub
  end
  answers.puts({ diagnostics: text, noop: noop, ok: ok }.to_json)
end
